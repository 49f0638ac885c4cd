"""A host agent for tests: speaks the wire protocol over HTTP and records what it ran."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TARGET = "CodeDeployCommandService_v20141006"
Script = Callable[[str, dict[str, Any]], dict[str, Any]]
SUCCESS = {"error_code": 0, "script_name": "", "message": "Succeeded", "log": ""}


def all_well(event: str, spec: dict[str, Any]) -> dict[str, Any]:
    return SUCCESS


class Line:
    """One connection to the service; keeps asking while the service is away, as an agent does."""

    def __init__(self, port: int, give_up: float = 20.0) -> None:
        self.port, self.give_up = port, give_up
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def once(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        headers = {"X-Amz-Target": f"{TARGET}.{action}", "Content-Type": "application/x-amz-json-1.1"}
        try:
            self._connection.request("POST", "/", json.dumps(request), headers)
            reply = self._connection.getresponse()
            answer: dict[str, Any] = json.loads(reply.read())
        except BaseException:
            self._connection.close()
            raise
        if reply.status != 200:
            raise RuntimeError(f"{action}: {answer}")
        return answer

    def call(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        deadline = time.monotonic() + self.give_up
        while True:
            try:
                return self.once(action, request)
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


@dataclass
class AgentDouble:
    """Runs in a thread until stopped. `ran` lists (deployment, event) in order, one entry per execution."""

    port: int
    host: str
    script: Script = all_well
    ran: list[tuple[str, str]] = field(default_factory=list)
    specs: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.line = Line(self.port)
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> AgentDouble:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join(timeout=30)

    def _run(self) -> None:
        try:
            while not self.stopped.is_set():
                self.one_command()
        except Exception as error:
            if not self.stopped.is_set():
                self.problems.append(repr(error))

    def one_command(self) -> bool:
        command = self.line.call("PollHostCommand", {"HostIdentifier": self.host})["HostCommand"]
        if command is None:
            time.sleep(0.005)
            return False
        identifier, event = command["HostCommandIdentifier"], command["CommandName"]
        noop = {"Format": "JSON", "Payload": json.dumps({"IsCommandNoop": False})}
        said = self.line.call(
            "PutHostCommandAcknowledgement", {"HostCommandIdentifier": identifier, "Diagnostics": noop}
        )
        if said["CommandStatus"] != "InProgress":
            return False
        execution = command["DeploymentExecutionId"]
        answer = self.line.call(
            "GetDeploymentSpecification", {"DeploymentExecutionId": execution, "HostIdentifier": self.host}
        )
        spec = json.loads(answer["DeploymentSpecification"]["GenericEnvelope"]["Payload"])
        self.specs.append(spec)
        self.ran.append((execution, event))
        self.report(identifier, self.script(event, spec))
        return True

    def report(self, identifier: str, said: dict[str, Any]) -> None:
        status = "Succeeded" if said["error_code"] == 0 else "Failed"
        diagnostics = {"Format": "JSON", "Payload": json.dumps(said)}
        request = {"HostCommandIdentifier": identifier, "CommandStatus": status, "Diagnostics": diagnostics}
        self.line.call("PutHostCommandComplete", request)
