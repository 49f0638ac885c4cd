"""The host agents' calls, CodeDeployCommandService_v20141006."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .engine.agents import Agents, UnknownCommand
from .engine.specification import specification
from .errors import ApiError
from .machine.state import Diagnostics

Handler = Callable[[Agents, dict[str, Any], float], dict[str, Any]]

CODES = {0: "Success", 1: "ScriptMissing", 2: "ScriptNotExecutable", 3: "ScriptTimedOut", 4: "ScriptFailed"}


def _text(request: dict[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise ApiError("ValidationException", f"{name} is required and must be a string.")
    return value


def poll(agents: Agents, request: dict[str, Any], patience: float) -> dict[str, Any]:
    host = _text(request, "HostIdentifier")
    command = agents.poll(host, patience)
    if command is None:
        return {"HostCommand": None}
    return {
        "HostCommand": {
            "HostCommandIdentifier": command.identifier,
            "HostIdentifier": host,
            "DeploymentExecutionId": command.deployment,
            "CommandName": command.event,
            "Nonce": str(command.offer),
        }
    }


def acknowledge(agents: Agents, request: dict[str, Any], patience: float) -> dict[str, Any]:
    return {"CommandStatus": agents.acknowledge(_text(request, "HostCommandIdentifier"))}


def complete(agents: Agents, request: dict[str, Any], patience: float) -> dict[str, Any]:
    identifier, status = _text(request, "HostCommandIdentifier"), _text(request, "CommandStatus")
    if status not in ("Succeeded", "Failed"):
        raise ApiError("ValidationException", f"CommandStatus is {status!r}; it must be Succeeded or Failed.")
    agents.complete(identifier, status == "Succeeded", diagnostics(request.get("Diagnostics")))
    return {}


def diagnostics(raw: Any) -> Diagnostics:
    """An agent's JSON envelope; codes that the API has no name for are unknown errors."""
    try:
        said = json.loads(raw["Payload"]) if raw else {}
        code = int(said.get("error_code", 5))
        texts = [str(said.get(name) or "") for name in ("script_name", "message", "log")]
    except (ValueError, TypeError, KeyError, AttributeError):
        return Diagnostics("UnknownError", "", "The agent's diagnostics cannot be read.", str(raw)[:2048])
    return Diagnostics(CODES.get(code, "UnknownError"), texts[0], texts[1], texts[2][-4096:])


def get_specification(agents: Agents, request: dict[str, Any], patience: float) -> dict[str, Any]:
    host, execution = _text(request, "HostIdentifier"), _text(request, "DeploymentExecutionId")
    record, state = agents.engine.record(execution), agents.engine.state(execution)
    if record is None or state is None or host not in state.targets:
        raise ApiError("DeploymentDoesNotExistException", f"{host} has no part in a deployment {execution}.")
    payload = json.dumps(specification(record))
    envelope = {"GenericEnvelope": {"Format": "TEXT/JSON", "Payload": payload}}
    return {"DeploymentSystem": "CodeDeploy", "DeploymentSpecification": envelope}


def beat(agents: Agents, request: dict[str, Any], patience: float) -> dict[str, Any]:
    named = request.get("InProgress")
    if named is not None and not (isinstance(named, list) and all(isinstance(each, str) for each in named)):
        raise ApiError("ValidationException", "InProgress must be a list of command identifiers.")
    agents.beat(_text(request, "HostIdentifier"), named)
    return {}


COMMANDS: dict[str, Handler] = {
    "PollHostCommand": poll,
    "PutHostCommandAcknowledgement": acknowledge,
    "PutHostCommandComplete": complete,
    "GetDeploymentSpecification": get_specification,
    "PostHostHeartbeat": beat,
}


def serve(agents: Agents, name: str, request: Any, patience: float) -> dict[str, Any]:
    if not isinstance(request, dict):
        raise ApiError("SerializationException", "The request must be a JSON object.")
    try:
        return COMMANDS[name](agents, request, patience)
    except UnknownCommand as error:
        raise ApiError("InvalidCommandException", f"{error} is not a command of this service.") from error
