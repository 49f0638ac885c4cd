"""The command service and S3 on one loopback port, as far as an agent sees them; what it was told can be read back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 60.0


@dataclass
class FakeService:
    """Hands out commands until each is completed; answers with `trouble` while there is any."""

    endpoint: str = ""
    specs: dict[str, dict[str, Any]] = field(default_factory=dict)
    waiting: list[dict[str, str]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    trouble: dict[str, list[int]] = field(default_factory=dict)
    objects: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def order(self, name: str, spec: dict[str, Any], identifier: str) -> None:
        with self.changed:
            self.specs[identifier] = spec
            command = {"HostCommandIdentifier": identifier, "CommandName": name, "DeploymentExecutionId": identifier}
            self.waiting.append(command)

    def answer(self, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self.changed:
            self.calls.append((operation, body))
            self.changed.notify_all()
            if self.trouble.get(operation):
                status = self.trouble[operation].pop(0)
                return status, {"__type": "x#Refusal" if status < 500 else "x#Busy", "message": "not now"}
            return 200, self._reply(operation, body)

    def _reply(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        match operation:
            case "PollHostCommand":
                command = self.waiting.pop(0) if self.waiting else None
                return {"HostCommand": command and command | {"HostIdentifier": body["HostIdentifier"]}}
            case "GetDeploymentSpecification":
                payload = json.dumps(self.specs[body["DeploymentExecutionId"]])
                envelope = {"Format": "TEXT/JSON", "Payload": payload}
                return {"DeploymentSystem": "CodeDeploy", "DeploymentSpecification": {"GenericEnvelope": envelope}}
            case "PutHostCommandAcknowledgement":
                return {"CommandStatus": self.replies.get(body["HostCommandIdentifier"], "InProgress")}
        return {}

    def told(self, operation: str) -> list[dict[str, Any]]:
        with self.changed:
            return [body for called, body in self.calls if called == operation]

    def await_calls(self, operation: str, count: int = 1) -> list[dict[str, Any]]:
        """Those calls, as soon as there are so many."""
        with self.changed:
            enough = self.changed.wait_for(lambda: self._count(operation) >= count, PATIENCE)
        assert enough, f"{operation} was called {self._count(operation)} times, not {count}: {self.calls}"
        return self.told(operation)

    def _count(self, operation: str) -> int:
        return sum(called == operation for called, _ in self.calls)

    def reports(self, count: int = 1) -> dict[str, tuple[str, dict[str, Any]]]:
        """Status and diagnostics by command, when so many completions have come."""
        done = self.await_calls("PutHostCommandComplete", count)
        return {
            body["HostCommandIdentifier"]: (body["CommandStatus"], json.loads(body["Diagnostics"]["Payload"]))
            for body in done
        }


def _handler(service: FakeService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            version, _, operation = self.headers["X-Amz-Target"].partition(".")
            assert version == "CodeDeployCommandService_v20141006"
            status, answer = service.answer(operation, body)
            self._send(status, json.dumps(answer).encode(), {})

        def do_GET(self) -> None:
            with service.changed:
                service.calls.append(("GET", {"path": self.path, **self.headers}))
            self._send(*service.objects.get(self.path, (404, b"<Error><Code>NoSuchKey</Code></Error>", {})))

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            with suppress(BrokenPipeError):  # an agent that was killed does not read its answer
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler


@contextmanager
def serving() -> Iterator[FakeService]:
    service = FakeService()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service))
    server.daemon_threads = True
    service.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
