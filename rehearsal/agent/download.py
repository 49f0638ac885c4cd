"""Downloads an S3 revision over HTTP and checks that it is the one that was asked for."""

from __future__ import annotations

import http.client
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from rehearsal.agent.errors import AgentError, explain
from rehearsal.agent.signing import Credentials, sign
from rehearsal.agent.spec import S3Revision

TIMEOUT_SECONDS = 60
PAUSES = (0.2, 1.0, 3.0)


@dataclass(frozen=True)
class S3:
    endpoint: str | None
    credentials: Credentials | None = None
    sleep: Callable[[float], None] = time.sleep

    def download(self, revision: S3Revision, file: Path) -> None:
        """Bring the object; a connection that fails is tried again, an answer is final."""
        if not self.endpoint:
            raise AgentError(
                f"{_name(revision)} cannot be downloaded: the agent was given no S3 endpoint. "
                "Start it with --s3-endpoint or --endpoint."
            )
        for pause in (*PAUSES, None):
            try:
                self._once(self.endpoint, revision, file)
            except (OSError, http.client.HTTPException) as error:
                if pause is None:
                    raise AgentError(
                        f"{_name(revision)} cannot be downloaded from {self.endpoint}: {explain(error)}. "
                        "Check that the endpoint answers, and deploy again."
                    ) from error
                self.sleep(pause)
            else:
                return

    def _once(self, endpoint: str, revision: S3Revision, file: Path) -> None:
        query = f"?{urlencode({'versionId': revision.version})}" if revision.version is not None else ""
        url = f"{endpoint.rstrip('/')}/{quote(revision.bucket)}/{quote(revision.key, safe='/-_.~')}{query}"
        place = urlsplit(url)
        connect = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = connect(place.netloc, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", f"{place.path}{query}", headers=self._headers(url))
            response = connection.getresponse()
            if response.status != http.client.OK:
                raise AgentError(f"{_name(revision)} cannot be downloaded: {_refusal(response)}")
            with file.open("wb") as out:
                shutil.copyfileobj(response, out)
            _check(revision, response.headers.get("ETag") or "")
        finally:
            connection.close()

    def _headers(self, url: str) -> dict[str, str]:
        if not self.credentials:
            return {}
        return sign(self.credentials, "s3", "GET", url, {}, b"", datetime.now(UTC))


def _name(revision: S3Revision) -> str:
    version = f" (version {revision.version})" if revision.version is not None else ""
    return f"s3://{revision.bucket}/{revision.key}{version}"


def _refusal(response: http.client.HTTPResponse) -> str:
    body = response.read(2000).decode("utf-8", "replace")
    code = body.partition("<Code>")[2].partition("</Code>")[0]
    reason = body.partition("<Message>")[2].partition("</Message>")[0] or response.reason
    return f"S3 answered {response.status} {code or ''}: {reason} Register the revision again, and deploy it."


def _check(revision: S3Revision, actual: str) -> None:
    if revision.etag is not None and revision.etag.replace('"', "") != actual.replace('"', ""):
        raise AgentError(f"Expected deployment artifact bundle etag {revision.etag} but was actually {actual}")
