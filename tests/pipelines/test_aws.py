"""The door: what it cannot reach, may not do or is refused, it says in words and with the right exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from pipelines import stack
from pipelines.aws import Aws
from pipelines.door import Call, Refusal
from pipelines.errors import ExitCode, Failure
from tests.pipelines.memory import Memory

ASK = Call("codedeploy", "get_deployment", {"deploymentId": "d-1"})


class Session:
    """boto3's, with one client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def client(self, service: str, config: Config | None = None) -> Any:
        return self._client


def stubbed(code: str, message: str) -> Aws:
    make: Callable[..., Any] = boto3.client
    client = make("codedeploy", region_name="x", aws_access_key_id="a", aws_secret_access_key="b")
    stubber = Stubber(client)
    stubber.add_client_error("get_deployment", code, message)
    stubber.activate()
    return Aws(Session(client))  # type: ignore[arg-type]


def test_a_refusal_keeps_awss_own_word() -> None:
    with pytest.raises(Refusal) as refused:
        stubbed("DeploymentDoesNotExistException", "no such").send(ASK)
    assert (refused.value.code, refused.value.exit_code) == ("DeploymentDoesNotExistException", ExitCode.FAILED)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException"])
def test_what_is_not_permitted_ends_with_4(code: str) -> None:
    with pytest.raises(Failure) as refused:
        stubbed(code, "is not authorized").send(ASK)
    assert not isinstance(refused.value, Refusal)
    assert refused.value.exit_code == ExitCode.UNREACHABLE
    assert "get_deployment" in refused.value.what


def test_an_aws_that_is_not_there_ends_with_4() -> None:
    make: Callable[..., Any] = boto3.client
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    away = make("codedeploy", region_name="x", aws_access_key_id="a", aws_secret_access_key="b",
                endpoint_url="http://127.0.0.1:9", config=config)
    with pytest.raises(Failure) as failed:
        Aws(Session(away)).send(ASK)  # type: ignore[arg-type]
    assert failed.value.exit_code == ExitCode.UNREACHABLE
    assert "127.0.0.1:9" in failed.value.why


def test_no_credentials_and_no_region_are_told_apart() -> None:
    for session, told in ((boto3.Session(region_name="x"), "credentials"), (boto3.Session(), "region")):
        with pytest.raises(Failure) as failed:
            Aws(session).send(ASK)
        assert failed.value.exit_code == ExitCode.UNREACHABLE
        assert told in failed.value.what


class Parameters(Memory):
    def get_parameters_by_path(self, asked: dict[str, object]) -> dict[str, object]:
        return {"Parameters": []}


def test_a_stack_that_is_not_there_is_refused() -> None:
    with pytest.raises(Failure, match="is not there") as refused:
        stack.tier(Parameters(), "nowhere", "web")
    assert refused.value.exit_code == ExitCode.REFUSED
