"""The command service over HTTP: JSON 1.1, one POST a call, and two ways to fail that are told apart."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from rehearsal.agent.signing import Credentials, sign

TARGET = "CodeDeployCommandService_v20141006"
TIMEOUT_SECONDS = 90.0  # longer than the service holds a poll


class UnreachableError(Exception):
    """No answer, or one that says to come back: the same call may succeed later."""


class RefusedError(Exception):
    """The service understood, and does not want this call; repeating it changes nothing."""


@dataclass(frozen=True)
class Wire:
    endpoint: str
    credentials: Credentials | None = None
    timeout: float = TIMEOUT_SECONDS

    def call(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        payload = json.dumps(body).encode()
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{TARGET}.{operation}"}
        if self.credentials:
            url = f"{self.endpoint.rstrip('/')}/"
            headers = sign(self.credentials, "codedeploy-commands", "POST", url, headers, payload, datetime.now(UTC))
        try:
            status, answer = self._post(payload, headers)
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError(f"{self.endpoint} does not answer {operation}: {error}") from error
        if status == http.client.OK:
            return answer
        name = str(answer.get("__type", status)).rpartition("#")[2]
        said = f"{operation}: {name}: {answer.get('message') or answer.get('Message') or 'no reason given'}"
        raise (UnreachableError if status >= 500 or name == "ThrottlingException" else RefusedError)(said)

    def _post(self, payload: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        place = urlsplit(self.endpoint)
        connect = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = connect(place.netloc, timeout=self.timeout)
        try:
            connection.request("POST", "/", body=payload, headers=headers)
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        try:
            answer = json.loads(raw or b"{}")
        except ValueError:
            answer = {"message": raw[:300].decode("utf-8", "replace")}
        return response.status, answer if isinstance(answer, dict) else {}
