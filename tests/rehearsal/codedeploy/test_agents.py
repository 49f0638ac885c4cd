"""The agents' side: exactly one execution, the first report, and agents that die."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.codedeploy.errors import ApiError

from .lab import Lab, deploy, events, info, make_group


@pytest.fixture
def deployment(lab: Lab, api: Any) -> str:
    lab.world.add("i-1", asg="web-asg")
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce")
    done = deploy(api)
    lab.turn()
    return done


def polled(lab: Lab, host: str = "i-1") -> dict[str, Any]:
    command = lab.poll(host)
    assert command is not None
    return command


def test_the_specification_is_what_the_agent_expects(lab: Lab, api: Any, deployment: str) -> None:
    command = polled(lab)
    answer = lab.command(
        "GetDeploymentSpecification",
        DeploymentExecutionId=command["DeploymentExecutionId"],
        HostIdentifier="i-1",
    )
    envelope = answer["DeploymentSpecification"]["GenericEnvelope"]
    spec = json.loads(envelope["Payload"])
    assert (answer["DeploymentSystem"], envelope["Format"]) == ("CodeDeploy", "TEXT/JSON")
    assert spec["Revision"]["S3Revision"] == {"Bucket": "artifacts", "Key": "web/1.zip", "BundleType": "zip"}
    assert (spec["DeploymentId"], spec["DeploymentType"], spec["DeploymentCreator"]) == (deployment, "IN_PLACE", "user")
    assert spec["AgentActionOverrides"] == {"AgentOverrides": {"FileExistsBehavior": "DISALLOW"}}


def test_a_host_without_part_learns_nothing(lab: Lab, api: Any, deployment: str) -> None:
    assert lab.poll("i-other") is None
    with pytest.raises(ApiError, match="no part"):
        lab.command("GetDeploymentSpecification", DeploymentExecutionId=deployment, HostIdentifier="i-other")


def test_an_unacknowledged_offer_is_made_again_and_only_one_may_run(lab: Lab, api: Any, deployment: str) -> None:
    first = polled(lab)
    assert lab.poll("i-1") is None, "it is on offer just now"
    lab.now += 5.0
    second = polled(lab)
    assert second["CommandName"] == first["CommandName"]
    assert second["HostCommandIdentifier"] != first["HostCommandIdentifier"]
    assert lab.acknowledge(first) == "InProgress"
    assert lab.acknowledge(first) == "InProgress", "an acknowledgement whose reply was lost may be repeated"
    assert lab.acknowledge(second) == "Failed"
    lab.report(second, ok=False)
    assert events(api, deployment, "i-1")["ApplicationStop"]["status"] == "InProgress"
    lab.report(first)
    assert events(api, deployment, "i-1")["ApplicationStop"]["status"] == "Succeeded"
    assert lab.acknowledge(first) == "Succeeded"


def test_the_first_report_wins(lab: Lab, api: Any, deployment: str) -> None:
    command = polled(lab)
    lab.acknowledge(command)
    lab.report(command, ok=False, code=4)
    lab.report(command, ok=False, code=5)
    assert events(api, deployment, "i-1")["ApplicationStop"]["diagnostics"]["errorCode"] == "ScriptFailed"


def test_a_failure_may_come_without_acknowledgement_but_no_success(lab: Lab, api: Any, deployment: str) -> None:
    lab.report(polled(lab), ok=True)
    failed = events(api, deployment, "i-1")["ApplicationStop"]
    assert failed["status"] == "Failed"
    assert "never accepted" in failed["diagnostics"]["message"]
    again = deploy(api)
    lab.turn()
    lab.report(polled(lab), ok=False, code=5, message="The CodeDeploy agent did not find an AppSpec file")
    assert "AppSpec" in events(api, again, "i-1")["ApplicationStop"]["diagnostics"]["message"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (1, "ScriptMissing"),
        (2, "ScriptNotExecutable"),
        (3, "ScriptTimedOut"),
        (4, "ScriptFailed"),
        (5, "UnknownError"),
        (6, "UnknownError"),
        (7, "UnknownError"),
        (99, "UnknownError"),
    ],
)
def test_codes_get_the_names_of_the_api(lab: Lab, api: Any, deployment: str, code: int, name: str) -> None:
    command = polled(lab)
    lab.acknowledge(command)
    lab.report(command, ok=False, code=code, message="why")
    said = events(api, deployment, "i-1")["ApplicationStop"]["diagnostics"]
    assert (said["errorCode"], said["message"]) == (name, "why")


def test_unreadable_diagnostics_are_no_crash(lab: Lab, api: Any, deployment: str) -> None:
    command = polled(lab)
    lab.acknowledge(command)
    lab.command(
        "PutHostCommandComplete",
        HostCommandIdentifier=command["HostCommandIdentifier"],
        CommandStatus="Failed",
        Diagnostics={"Format": "JSON", "Payload": "{nonsense"},
    )
    assert "cannot be read" in events(api, deployment, "i-1")["ApplicationStop"]["diagnostics"]["message"]


@pytest.mark.parametrize("identifier", ["", "nonsense", "d-1:Install:x:i-1"])
def test_nonsense_is_refused(lab: Lab, api: Any, identifier: str) -> None:
    with pytest.raises(ApiError):
        lab.command("PutHostCommandAcknowledgement", HostCommandIdentifier=identifier)


def test_a_dead_agent_is_named_within_seconds(lab: Lab, api: Any, deployment: str) -> None:
    command = polled(lab)
    lab.acknowledge(command)
    lab.turn(10.0)
    assert info(api, deployment)["status"] == "InProgress"
    lab.turn(6.0)
    assert info(api, deployment)["status"] == "Failed"
    said = events(api, deployment, "i-1")["ApplicationStop"]["diagnostics"]["message"]
    assert "The CodeDeploy agent on i-1 is not answering" in said
    assert "systemctl status codedeploy-agent" in said


def test_heartbeats_keep_a_long_script_alive_up_to_its_limit(lab: Lab, api: Any, deployment: str) -> None:
    command = polled(lab)
    lab.acknowledge(command)
    for _ in range(400):
        lab.command("PostHostHeartbeat", HostIdentifier="i-1", InProgress=[command["HostCommandIdentifier"]])
        lab.turn(10.0)
        if info(api, deployment)["status"] != "InProgress":
            break
    assert "did not end within 3600 s" in events(api, deployment, "i-1")["ApplicationStop"]["diagnostics"]["message"]


def test_an_agent_that_never_came_up_gets_longer_and_is_named_too(lab: Lab, api: Any, deployment: str) -> None:
    lab.turn(60.0)
    assert info(api, deployment)["status"] == "InProgress"
    lab.turn(61.0)
    said = events(api, deployment, "i-1")["ApplicationStop"]["diagnostics"]["message"]
    assert "has never been heard of" in said


def test_a_command_that_the_agent_lost_is_told_by_its_heartbeats(lab: Lab, api: Any, deployment: str) -> None:
    lab.acknowledge(polled(lab))
    for _ in range(4):
        lab.turn(4.0)
        lab.command("PostHostHeartbeat", HostIdentifier="i-1", AgentVersion="1", InProgress=[])
    said = events(api, deployment, "i-1")["ApplicationStop"]
    assert said["status"] == "Failed"
    assert "no longer knows of it" in said["diagnostics"]["message"]


def test_an_agent_that_takes_nothing_up_is_told_apart(lab: Lab, api: Any, deployment: str) -> None:
    for _ in range(31):
        lab.command("PostHostHeartbeat", HostIdentifier="i-1", InProgress=[])
        lab.turn(10.0)
    said = events(api, deployment, "i-1")["ApplicationStop"]["diagnostics"]["message"]
    assert "did not take up ApplicationStop" in said


def test_a_lost_instance_is_named_as_lost(lab: Lab, api: Any, deployment: str) -> None:
    lab.acknowledge(polled(lab))
    lab.world.lose("i-1")
    lab.turn(2.0)
    assert info(api, deployment)["status"] == "Failed"
    said = events(api, deployment, "i-1")["ApplicationStop"]["diagnostics"]["message"]
    assert said == "The instance i-1 is no longer running: it was lost while ApplicationStop was under way."


def test_agents_are_not_blamed_for_the_sleep_of_the_machine(lab: Lab, api: Any, deployment: str) -> None:
    lab.acknowledge(polled(lab))
    lab.now += 3000.0
    lab.agents.forgive()
    lab.turn(1.0)
    assert info(api, deployment)["status"] == "InProgress"
    lab.turn(16.0)
    assert info(api, deployment)["status"] == "Failed"
