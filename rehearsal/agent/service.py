"""The service as one host sees it: the calls by name, repeated with patience while it cannot be reached.

A report is repeated until it is taken, so that a service which restarts learns what happened meanwhile; everything
before it is given up after a while, because the service hands a command out again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rehearsal.agent import spec as specs
from rehearsal.agent.conversation import Command, ConversationLostError
from rehearsal.agent.diagnostics import Diagnostics
from rehearsal.agent.wire import RefusedError, UnreachableError, Wire

VERSION = "1.8.1-rehearsal"
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
ASKING_SECONDS = 60.0

log = logging.getLogger("coko.agent")


@dataclass(frozen=True)
class HostService:
    wire: Wire
    host: str
    gone: Callable[[float], bool]  # sleeps; true when the agent ends and must not wait any longer

    def poll(self) -> Command | None:
        found = self.wire.call("PollHostCommand", {"HostIdentifier": self.host}).get("HostCommand")
        if not found:
            return None
        if found.get("HostIdentifier", self.host) not in self.host:
            raise RefusedError(f"Host Identifier mismatch: {self.host} != {found.get('HostIdentifier')}")
        if not found.get("CommandName"):
            raise RefusedError("Command Name missing")
        return Command(found["HostCommandIdentifier"], found["CommandName"], found.get("DeploymentExecutionId") or "")

    def specification(self, command: Command) -> Any:
        asked = {"DeploymentExecutionId": command.execution, "HostIdentifier": self.host}
        return specs.envelope(self._patiently("GetDeploymentSpecification", asked, ASKING_SECONDS))

    def acknowledge(self, command: Command, is_noop: bool) -> str:
        diagnostics = {"Format": "JSON", "Payload": json.dumps({"IsCommandNoop": is_noop})}
        said = {"HostCommandIdentifier": command.identifier, "Diagnostics": diagnostics}
        return str(self._patiently("PutHostCommandAcknowledgement", said, ASKING_SECONDS).get("CommandStatus"))

    def complete(self, command: Command, report: Diagnostics) -> None:
        diagnostics = {"Format": "JSON", "Payload": json.dumps(report.as_json())}
        said = {"HostCommandIdentifier": command.identifier, "CommandStatus": report.status, "Diagnostics": diagnostics}
        self._patiently("PutHostCommandComplete", said, None)

    def heartbeat(self, in_progress: list[str]) -> None:
        self.wire.call(
            "PostHostHeartbeat", {"HostIdentifier": self.host, "AgentVersion": VERSION, "InProgress": in_progress}
        )

    def _patiently(self, operation: str, body: dict[str, Any], seconds: float | None) -> dict[str, Any]:
        pause, waited = FIRST_PAUSE, 0.0
        while True:
            try:
                return self.wire.call(operation, body)
            except RefusedError as error:
                raise ConversationLostError(str(error)) from error
            except UnreachableError as error:
                if pause == FIRST_PAUSE:
                    log.warning("%s; repeating it", error)
                if seconds is not None and waited >= seconds:
                    raise ConversationLostError(f"given up after {waited:.0f} s: {error}") from error
            if self.gone(pause):
                raise ConversationLostError(f"the agent ends before {operation} was answered")
            waited, pause = waited + pause, min(pause * 2, LONGEST_PAUSE)
