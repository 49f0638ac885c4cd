"""How one command is talked over with the service: acknowledge, execute, report once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from rehearsal.agent import diagnostics
from rehearsal.agent import spec as specs
from rehearsal.agent.diagnostics import Diagnostics
from rehearsal.agent.errors import AgentError, ScriptError, explain
from rehearsal.agent.executor import Executor
from rehearsal.agent.spec import DeploymentSpec

log = logging.getLogger("coko.agent")
NOOP = "CompletedNoopCommand"


@dataclass(frozen=True)
class Command:
    identifier: str
    name: str
    execution: str = ""


class Service(Protocol):
    """The calls that a command needs; each may raise what `conversation` is not to answer."""

    def acknowledge(self, command: Command, is_noop: bool) -> str: ...

    def complete(self, command: Command, report: Diagnostics) -> None: ...


def converse(command: Command, fetch: Callable[[], Any], executor: Executor, service: Service) -> None:
    """One command from its specification to its report."""
    try:
        spec = specs.parse(fetch())
        is_noop = executor.is_noop(command.name, spec)
    except ConversationLostError:
        raise
    except Exception as error:  # whatever a bundle can cause is reported, never raised
        service.complete(command, report_of(error))
        return
    executor.layout.begin(spec.deployment_id, command.identifier)
    try:
        _process(command, spec, is_noop, executor, service)
    finally:
        executor.layout.end(spec.deployment_id)


def _process(command: Command, spec: DeploymentSpec, is_noop: bool, executor: Executor, service: Service) -> None:
    """The tracking file is there from before the acknowledgement to after the report, so that a crash is noticed."""
    reply = service.acknowledge(command, is_noop)
    if reply == "Failed" and is_noop:
        service.complete(command, diagnostics.succeeded(NOOP))
    if reply not in ("Succeeded", "Failed"):
        service.complete(command, _execute(command, spec, executor))


def _execute(command: Command, spec: DeploymentSpec, executor: Executor) -> Diagnostics:
    try:
        executor.execute(command.name, spec)
    except Exception as error:  # as above
        return report_of(error)
    return diagnostics.succeeded()


def report_of(error: Exception) -> Diagnostics:
    if isinstance(error, ScriptError):
        return Diagnostics(error.code, error.script_name, str(error), error.log.text())
    if not isinstance(error, AgentError | OSError):
        log.exception("a failure that the agent has no words for")
    elif error.__cause__:
        log.warning("%s, because: %s", explain(error), explain(error.__cause__))
    return diagnostics.failed(explain(error))


class ConversationLostError(Exception):
    """The service cannot be reached, or does not want to hear of this command: there is nobody to report to."""
