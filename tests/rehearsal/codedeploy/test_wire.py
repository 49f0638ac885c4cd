"""What comes over the wire: raw requests as other clients send them, and error names that boto3 knows."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codedeploy import wire
from rehearsal.codedeploy.api import ACTIONS, Service
from rehearsal.codedeploy.server import Front

from .lab import Lab

API = "CodeDeploy_20141006"
NOT_CODEDEPLOYS_OWN = {
    "ValidationException",
    "SerializationException",
    "UnknownOperationException",
    "RequestEntityTooLargeException",
    "InvalidCommandException",
}


@pytest.fixture
def front(lab: Lab) -> Front:
    return Front(Service(lab.engine), lab.agents, patience=0.0)


def ask(front: Front, action: str, request: Any) -> tuple[int, dict[str, Any]]:
    return front.answer(f"{API}.{action}", json.dumps(request).encode())


def test_all_47_calls_are_there() -> None:
    assert set(ACTIONS) == wire.actions()
    assert len(ACTIONS) == 47


@pytest.mark.parametrize("action", sorted(wire.actions()))
def test_an_empty_request_is_answered_by_codedeploys_own_error_or_served(front: Front, action: str) -> None:
    """Never by a crash; what a call requires, it names."""
    status, answer = ask(front, action, {})
    operation = wire.model().operation_model(action)
    if status == 200:
        assert operation.input_shape is None or not operation.input_shape.required_members
        return
    assert status == 400
    allowed = {shape.name for shape in operation.error_shapes}
    assert answer["__type"] in allowed | {"ValidationException"}
    assert len(answer["message"]) > 10


@pytest.mark.parametrize("action", sorted(wire.actions()))
@pytest.mark.parametrize("junk", ["text", 7, True, [], {}, {"a": 1}, ["x"], [{}], ""])
def test_junk_in_every_member_crashes_nothing(front: Front, action: str, junk: Any) -> None:
    members = wire.model().operation_model(action).input_shape
    names = list(members.members) if members is not None else []
    for request in (dict.fromkeys(names, junk), *({name: junk} for name in names)):
        status, answer = ask(front, action, request)
        assert status in (200, 400), answer


@pytest.mark.parametrize(
    ("action", "request_", "error"),
    [
        ("CreateApplication", {}, "ApplicationNameRequiredException"),
        ("GetDeployment", {}, "DeploymentIdRequiredException"),
        ("GetDeployment", {"deploymentId": "nonsense"}, "InvalidDeploymentIdException"),
        ("GetDeployment", {"deploymentId": "d-ABCDEF123"}, "DeploymentDoesNotExistException"),
        ("CreateDeploymentGroup", {"applicationName": "a", "deploymentGroupName": "b"}, "RoleRequiredException"),
        ("CreateApplication", {"applicationName": "x" * 101}, "InvalidApplicationNameException"),
        ("CreateApplication", {"applicationName": "a", "computePlatform": "Moon"}, "InvalidComputePlatformException"),
        ("CreateApplication", {"applicationName": 5}, "SerializationException"),
        ("CreateApplication", [], "SerializationException"),
        ("ListDeployments", {"includeOnlyStatuses": ["Lost"]}, "InvalidDeploymentStatusException"),
        ("ContinueDeployment", {"deploymentWaitType": "LUNCH"}, "InvalidDeploymentWaitTypeException"),
        ("Explode", {}, "UnknownOperationException"),
    ],
)
def test_faults_have_their_names(front: Front, action: str, request_: Any, error: str) -> None:
    status, answer = ask(front, action, request_)
    assert (status, answer["__type"]) == (400, error)


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"nul"])
def test_a_body_that_is_not_json_is_refused(front: Front, body: bytes) -> None:
    assert front.answer(f"{API}.ListApplications", body)[1]["__type"] == "SerializationException"


def test_every_error_that_the_service_names_exists_in_the_api() -> None:
    """boto3 makes its exception classes from the model: a name that is not there cannot be caught."""
    known = {shape.name for name in wire.actions() for shape in wire.model().operation_model(name).error_shapes}
    root = Path(wire.__file__).parent
    named = {
        node.value
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.endswith("Exception")
        and node.value.isidentifier()
    }
    assert len(named) > 60
    assert named - known - NOT_CODEDEPLOYS_OWN - {"Exception"} == set(), "only Exception may be part of a composed name"


def test_an_unforeseen_error_shows_no_traceback(lab: Lab) -> None:
    front = Front(Service(lab.engine), lab.agents)
    lab.engine.store.db.run("DROP TABLE config")
    status, answer = ask(front, "ListDeploymentConfigs", {})
    assert (status, answer["__type"]) == (500, "InternalFailure")
    assert "Traceback" not in answer["message"]
    assert "sqlite" not in answer["message"]
