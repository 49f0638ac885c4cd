"""The HTTP side: JSON 1.1 on loopback, an action in the X-Amz-Target header, CodeDeploy's errors out."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from . import commands, wire
from .api import ACTIONS, Service
from .engine.agents import Agents
from .errors import ApiError

LOG = logging.getLogger("codedeploy")
API = "CodeDeploy_20141006"
AGENTS = "CodeDeployCommandService_v20141006"
LARGEST = 1 << 20


@dataclass(frozen=True)
class Front:
    """From a target header and a body to a status and an answer; knows nothing of sockets."""

    service: Service
    agents: Agents
    patience: float = 0.5

    def answer(self, target: str, body: bytes) -> tuple[int, dict[str, Any]]:
        try:
            return 200, self._serve(target, body)
        except ApiError as error:
            return error.status, {"__type": error.code, "message": error.message}
        except Exception:
            LOG.exception("%s failed", target)
            return 500, {"__type": "InternalFailure", "message": f"{target} failed; the service's log has the cause."}

    def _serve(self, target: str, body: bytes) -> dict[str, Any]:
        prefix, _, action = target.partition(".")
        try:
            request = json.loads(body or b"{}")
        except ValueError as error:
            raise ApiError("SerializationException", f"The body is not JSON: {error}") from error
        if prefix == AGENTS and action in commands.COMMANDS:
            return commands.serve(self.agents, action, request, self.patience)
        if prefix == API and action in ACTIONS:
            return ACTIONS[action](self.service, wire.check(action, request))
        raise ApiError("UnknownOperationException", f"There is no operation {target or '(no X-Amz-Target)'}.")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    disable_nagle_algorithm = True
    timeout = 120

    def do_POST(self) -> None:
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if not 0 <= length <= LARGEST:
            self.close_connection = True
            self._send(413, {"__type": "RequestEntityTooLargeException", "message": "The request is too large."})
            return
        body = self.rfile.read(length)
        self._send(*self.server.front.answer(self.headers.get("X-Amz-Target") or "", body))

    def do_GET(self) -> None:
        """Whether the service is up, for whoever started it."""
        live = len(self.server.front.service.engine.live)
        self._send(200, {"service": "codedeploy", "active": live})

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        if status >= 400:
            self.send_header("x-amzn-ErrorType", str(answer["__type"]))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        LOG.debug(format, *args)


class Server(ThreadingHTTPServer):
    """Loopback only: the address is not for choosing."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, front: Front) -> None:
        self.front = front
        super().__init__(("127.0.0.1", port), Handler)
