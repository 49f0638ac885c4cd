"""Blue/green with two fleets that both exist."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.codedeploy.machine.signals import Health

from .lab import ROLE, Lab, deploy, events, info, make_group, target_status

GREEN: dict[str, Any] = {"targetInstances": {"autoScalingGroups": ["green"]}}


def colours(lab: Lab, api: Any, *, ready: str = "CONTINUE_DEPLOYMENT", end: str = "KEEP_ALIVE", **members: Any) -> None:
    lab.world.add("i-b1", "i-b2", asg="blue")
    lab.world.add("i-g1", "i-g2", asg="green")
    lab.world.targets["web"] = {"i-b1": Health("healthy"), "i-b2": Health("healthy")}
    make_group(
        api,
        autoScalingGroups=["blue"],
        deploymentConfigName="CodeDeployDefault.HalfAtATime",
        deploymentStyle={"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
        loadBalancerInfo={"targetGroupInfoList": [{"name": "web"}]},
        blueGreenDeploymentConfiguration={
            "greenFleetProvisioningOption": {"action": "DISCOVER_EXISTING"},
            "deploymentReadyOption": {"actionOnTimeout": ready, "waitTimeInMinutes": 10 if ready[0] == "S" else 0},
            "terminateBlueInstancesOnDeploymentSuccess": {"action": end, "terminationWaitTimeInMinutes": 5},
        },
        **members,
    )


ALL = ("i-b1", "i-b2", "i-g1", "i-g2")


def test_traffic_moves_from_blue_to_green_and_the_group_with_it(lab: Lab, api: Any) -> None:
    colours(lab, api)
    done = deploy(api, **GREEN)
    serving = []
    for _ in range(60):
        lab.work(*ALL, turns=1)
        serving.append(set(lab.world.targets["web"]))
    assert info(api, done)["status"] == "Succeeded"
    assert serving[-1] == {"i-g1", "i-g2"}
    assert all({"i-b1", "i-b2"} <= each or {"i-g1", "i-g2"} <= each for each in serving)
    assert list(events(api, done, "i-b1")) == ["BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic"]
    assert list(events(api, done, "i-g1"))[-3:] == ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"]
    group = api.get_deployment_group(applicationName="coko", deploymentGroupName="web")["deploymentGroupInfo"]
    assert [each["name"] for each in group["autoScalingGroups"]] == ["green"]
    assert all(lab.world.instances[name].alive for name in ALL), "KEEP_ALIVE terminates nobody"
    lab.turn(2.0)
    assert [asg for asg, _ in lab.world.hooks] == ["green"], "new instances of green wait for the revision now"


def test_targets_are_listed_by_colour(lab: Lab, api: Any) -> None:
    colours(lab, api)
    done = deploy(api, **GREEN)
    lab.turn()
    for colour, expected in (("Blue", ["i-b1", "i-b2"]), ("Green", ["i-g1", "i-g2"])):
        filters = {"ServerInstanceLabel": [colour]}
        assert api.list_deployment_targets(deploymentId=done, targetFilters=filters)["targetIds"] == expected
        assert (
            api.list_deployment_instances(deploymentId=done, instanceTypeFilter=[colour])["instancesList"] == expected
        )


def test_it_waits_ready_until_somebody_continues(lab: Lab, api: Any) -> None:
    colours(lab, api, ready="STOP_DEPLOYMENT")
    done = deploy(api, **GREEN)
    with pytest.raises(api.exceptions.DeploymentIsNotInReadyStateException):
        api.continue_deployment(deploymentId=done, deploymentWaitType="READY_WAIT")
    lab.work(*ALL, turns=40)
    assert info(api, done)["status"] == "Ready"
    assert target_status(api, done, "i-g1") == "Ready"
    assert set(lab.world.targets["web"]) == {"i-b1", "i-b2"}
    api.continue_deployment(deploymentId=done, deploymentWaitType="READY_WAIT")
    lab.work(*ALL)
    assert info(api, done)["status"] == "Succeeded"
    with pytest.raises(api.exceptions.DeploymentAlreadyCompletedException):
        api.continue_deployment(deploymentId=done)


def test_the_ready_wait_ends_in_a_stop(lab: Lab, api: Any) -> None:
    colours(lab, api, ready="STOP_DEPLOYMENT")
    done = deploy(api, **GREEN)
    lab.work(*ALL, turns=40)
    lab.turn(601.0)
    assert info(api, done)["status"] == "Stopped"
    assert set(lab.world.targets["web"]) == {"i-b1", "i-b2"}


def test_blue_is_terminated_after_the_wait_and_the_wait_can_be_skipped(lab: Lab, api: Any) -> None:
    colours(lab, api, end="TERMINATE")
    done = deploy(api, **GREEN)
    with pytest.raises(api.exceptions.DeploymentNotStartedException):
        api.skip_wait_time_for_instance_termination(deploymentId=done)
    lab.work(*ALL, turns=60)
    assert info(api, done)["status"] == "InProgress"
    assert info(api, done)["instanceTerminationWaitTimeStarted"] is True
    assert lab.world.instances["i-b1"].alive
    api.skip_wait_time_for_instance_termination(deploymentId=done)
    lab.work(*ALL)
    assert info(api, done)["status"] == "Succeeded"
    assert [lab.world.instances[name].alive for name in ALL] == [False, False, True, True]


def test_a_rollback_gives_the_traffic_back_to_blue(lab: Lab, api: Any) -> None:
    colours(lab, api, autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]})
    style = {"deploymentType": "IN_PLACE", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
    api.update_deployment_group(applicationName="coko", currentDeploymentGroupName="web", deploymentStyle=style)
    first = deploy(api, deploymentConfigName="CodeDeployDefault.AllAtOnce")
    lab.work(*ALL)
    assert info(api, first)["status"] == "Succeeded"
    style["deploymentType"] = "BLUE_GREEN"
    api.update_deployment_group(applicationName="coko", currentDeploymentGroupName="web", deploymentStyle=style)
    bad = deploy(api, "web/2.zip", **GREEN)
    blue = ("i-b1", "AfterBlockTraffic")
    lab.work(*ALL, outcome=lambda host, event: (host, event) != blue)
    assert info(api, bad)["status"] == "Failed"
    back = info(api, bad)["rollbackInfo"]["rollbackDeploymentId"]
    assert info(api, back)["creator"] == "codeDeployRollback"
    assert info(api, back)["revision"] == info(api, first)["revision"]
    lab.work(*ALL)
    assert info(api, back)["status"] == "Succeeded"
    assert set(lab.world.targets["web"]) == {"i-b1", "i-b2"}
    assert list(events(api, back, "i-b1")) == ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"]
    assert list(events(api, back, "i-g1")) == ["BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic"]


def test_a_missing_green_fleet_is_named(lab: Lab, api: Any) -> None:
    colours(lab, api)
    with pytest.raises(api.exceptions.InvalidTargetInstancesException, match="replacement"):
        deploy(api)
    for name in ("i-g1", "i-g2"):
        lab.world.lose(name)
    done = deploy(api, **GREEN)
    lab.turn()
    assert info(api, done)["errorInformation"]["code"] == "NO_INSTANCES"
    assert "replacement environment" in info(api, done)["errorInformation"]["message"]


def test_a_blue_host_that_goes_away_by_itself_fails_nothing(lab: Lab, api: Any) -> None:
    colours(lab, api)
    done = deploy(api, **GREEN)
    lab.turn()
    lab.world.lose("i-b2")
    lab.work(*ALL)
    assert info(api, done)["status"] == "Succeeded"
    assert target_status(api, done, "i-b2") == "Skipped"


def test_cloning_a_group_is_refused_with_the_reason(lab: Lab, api: Any) -> None:
    lab.world.add("i-b1", asg="blue")
    api.create_application(applicationName="coko")
    with pytest.raises(api.exceptions.InvalidBlueGreenDeploymentConfigurationException, match="DISCOVER_EXISTING"):
        api.create_deployment_group(
            applicationName="coko",
            deploymentGroupName="web",
            serviceRoleArn=ROLE,
            autoScalingGroups=["blue"],
            deploymentStyle={"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            loadBalancerInfo={"targetGroupInfoList": [{"name": "web"}]},
            blueGreenDeploymentConfiguration={"greenFleetProvisioningOption": {"action": "COPY_AUTO_SCALING_GROUP"}},
        )
