"""CodeDeploy lives in a process of its own; its calls go there as they came, and its answers come back as they are."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from rehearsal.cloud import wire
from rehearsal.cloud.errors import AwsError
from rehearsal.cloud.wire import Response

TIMEOUT = 70        # an agent's poll may be held that long
KEPT = ("Content-Type", "x-amzn-RequestId", "x-amzn-ErrorType", "smithy-protocol")


class CodeDeploy:
    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self.host, self.port = place.hostname or "127.0.0.1", place.port or 80

    def __call__(self, environ: Mapping[str, Any], body: bytes) -> Response:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT)
        try:
            connection.request(environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/"), body, headers(environ))
            answer = connection.getresponse()
            kept = {name: value for name in KEPT if (value := answer.headers.get(name))}
            return Response(answer.status, kept, answer.read())
        except OSError as error:
            away = AwsError("ServiceUnavailable", f"the rehearsal's CodeDeploy does not answer ({error}); "
                                                  "next: coko rehearse up", 501)
            return wire.encode("codedeploy", "GetDeployment", "json", away)
        finally:
            connection.close()


def headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """The request's own headers, by the names they came with."""
    found = {key[5:].replace("_", "-"): str(value) for key, value in environ.items() if key.startswith("HTTP_")}
    found.pop("CONNECTION", None)
    if environ.get("CONTENT_TYPE"):
        found["Content-Type"] = str(environ["CONTENT_TYPE"])
    return found
