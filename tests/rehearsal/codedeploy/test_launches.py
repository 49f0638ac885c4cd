"""Instances launched by an Auto Scaling group: in service only with the group's revision."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.codedeploy.engine.launches import Move, next_move
from rehearsal.codedeploy.machine import Deployment, Status
from rehearsal.codedeploy.machine.lifecycle import Kind
from rehearsal.codedeploy.machine.minimum import NONE
from rehearsal.codedeploy.machine.state import Plan

from .lab import Lab, deploy, info, make_group


@pytest.fixture
def group(lab: Lab, api: Any) -> str:
    lab.world.add("i-1", asg="web-asg")
    return make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.HalfAtATime")


def first_release(lab: Lab, api: Any) -> str:
    done = deploy(api, deploymentConfigName="CodeDeployDefault.AllAtOnce")
    lab.work("i-1")
    assert info(api, done)["status"] == "Succeeded"
    return done


def revisions(lab: Lab, group: str) -> dict[str, str | None]:
    found = lab.engine.store.groups.host_revisions(group)
    return {host: each.good_revision for host, each in found.items()}


def test_the_group_keeps_a_launch_hook_on_its_auto_scaling_group(lab: Lab, api: Any, group: str) -> None:
    lab.world.down = True
    lab.turn()
    assert lab.world.hooks == {}
    lab.world.down = False
    lab.turn(2.0)
    [(asg, hook)] = lab.world.hooks
    assert asg == "web-asg"
    assert hook.startswith("CodeDeploy-managed-automatic-launch-deployment-hook-web-")
    shown = api.get_deployment_group(applicationName="coko", deploymentGroupName="web")["deploymentGroupInfo"]
    assert shown["autoScalingGroups"] == [{"name": "web-asg", "hook": hook}]
    api.delete_deployment_group(applicationName="coko", deploymentGroupName="web")
    assert lab.world.hooks == {}


def test_a_hook_that_stays_is_reported(lab: Lab, api: Any, group: str) -> None:
    lab.turn()
    lab.world.down = True
    answer = api.delete_deployment_group(applicationName="coko", deploymentGroupName="web")
    assert [each["name"] for each in answer["hooksNotCleanedUp"]] == ["web-asg"]


def test_a_new_instance_enters_service_with_the_present_revision(lab: Lab, api: Any, group: str) -> None:
    first_release(lab, api)
    lab.world.add("i-2", asg="web-asg", lifecycle="Pending:Wait")
    lab.turn(2.0)
    assert lab.world.completed == [], "not before its deployment is done"
    [launch] = [d for d in api.list_deployments()["deployments"] if info(api, d)["creator"] == "autoscaling"]
    lab.work("i-1", "i-2")
    lab.turn(2.0)
    assert info(api, launch)["status"] == "Succeeded"
    assert lab.world.completed == [("i-2", "CONTINUE")]
    shown = api.get_deployment_group(applicationName="coko", deploymentGroupName="web")["deploymentGroupInfo"]
    assert launch not in (
        shown["lastAttemptedDeployment"]["deploymentId"],
        shown["lastSuccessfulDeployment"]["deploymentId"],
    )
    assert len(set(revisions(lab, group).values())) == 1


def test_before_the_first_release_an_instance_goes_straight_into_service(lab: Lab, api: Any, group: str) -> None:
    lab.world.add("i-2", asg="web-asg", lifecycle="Pending:Wait")
    lab.turn(2.0)
    lab.turn(2.0)
    assert lab.world.completed == [("i-2", "CONTINUE")]


def test_an_instance_whose_deployment_fails_is_abandoned(lab: Lab, api: Any, group: str) -> None:
    first_release(lab, api)
    lab.world.add("i-2", asg="web-asg", lifecycle="Pending:Wait")
    lab.turn(2.0)
    lab.work("i-2", outcome=lambda host, event: event != "Install")
    lab.turn(2.0)
    assert lab.world.completed == [("i-2", "ABANDON")]


def test_the_hook_is_kept_alive_and_delivered_after_an_outage(lab: Lab, api: Any, group: str) -> None:
    first_release(lab, api)
    lab.world.add("i-2", asg="web-asg", lifecycle="Pending:Wait")
    lab.turn(2.0)
    command = lab.poll("i-2")
    assert command is not None
    lab.acknowledge(command)
    for _ in range(44):
        running = [command["HostCommandIdentifier"]]
        lab.command("PostHostHeartbeat", HostIdentifier="i-2", InProgress=running)
        lab.turn(7.0)
    assert lab.world.heartbeats == ["i-2"]
    lab.report(command)
    lab.world.down = True
    while lab.run_one("i-2"):
        pass
    lab.turn(2.0)
    assert lab.world.completed == []
    lab.world.down = False
    lab.turn(2.0)
    lab.turn(2.0)
    assert lab.world.completed == [("i-2", "CONTINUE")]


def test_scaling_out_during_a_deployment_ends_on_one_revision(lab: Lab, api: Any, group: str) -> None:
    first_release(lab, api)
    new = deploy(api, "web/2.zip", deploymentConfigName="CodeDeployDefault.AllAtOnce")
    lab.turn()
    lab.run_one("i-1")
    lab.world.add("i-2", asg="web-asg", lifecycle="Pending:Wait")
    lab.turn(2.0)
    lab.work("i-2", turns=12)
    lab.turn(2.0)
    assert lab.world.completed == [("i-2", "CONTINUE")], "it got the revision before, and does not wait for the new"
    assert "web/1.zip" in str(revisions(lab, group)["i-2"])
    lab.work("i-1", "i-2")
    for _ in range(6):
        lab.turn(2.0)
        lab.work("i-1", "i-2")
    assert {str(each).count("web/2.zip") for each in revisions(lab, group).values()} == {1}
    [follow] = info(api, new)["relatedDeployments"]["autoUpdateOutdatedInstancesDeploymentIds"]
    shown = info(api, follow)
    assert (shown["creator"], shown["status"]) == ("CodeDeployAutoUpdate", "Succeeded")
    assert shown["relatedDeployments"]["autoUpdateOutdatedInstancesRootDeploymentId"] == new
    assert api.list_deployment_targets(deploymentId=follow)["targetIds"] == ["i-2"]


def test_nothing_follows_if_outdated_instances_are_to_be_ignored(lab: Lab, api: Any, group: str) -> None:
    api.update_deployment_group(
        applicationName="coko", currentDeploymentGroupName="web", outdatedInstancesStrategy="IGNORE"
    )
    done = deploy(api, deploymentConfigName="CodeDeployDefault.AllAtOnce")
    lab.turn(2.0)
    lab.world.add("i-2", asg="web-asg", lifecycle="Pending:Wait")
    lab.turn(2.0)
    lab.work("i-1")
    for _ in range(4):
        lab.turn(2.0)
    assert lab.world.completed == [("i-2", "CONTINUE")]
    assert api.list_deployments()["deployments"] == [done]


def test_an_instance_that_was_alone_during_a_release_deploys_it_before_it_enters(
    lab: Lab, api: Any, group: str
) -> None:
    """Its own deployment ended after the group's: what it brought is not current any more."""
    first_release(lab, api)
    lab.world.add("i-2", asg="web-asg", lifecycle="Pending:Wait")
    lab.turn(2.0)
    deploy(api, "web/2.zip", deploymentConfigName="CodeDeployDefault.AllAtOnce")
    lab.work("i-1", turns=14)
    lab.work("i-2", turns=40)
    lab.turn(2.0)
    lab.work("i-2", turns=40)
    lab.turn(2.0)
    assert lab.world.completed == [("i-2", "CONTINUE")]
    assert {str(each).count("web/2.zip") for each in revisions(lab, group).values()} == {1}


def test_a_restart_of_the_service_loses_no_launch(lab: Lab, api: Any, group: str) -> None:
    first_release(lab, api)
    lab.world.add("i-2", asg="web-asg", lifecycle="Pending:Wait")
    lab.turn(2.0)
    for _ in range(12):
        lab.run_one("i-2")
        lab.reboot()
        lab.turn(2.0)
    assert lab.world.completed == [("i-2", "CONTINUE")]
    assert len([each for each in lab.ran if each[1] == "i-2"]) == 7


def test_a_hook_that_ran_out_by_itself_is_not_completed_for_ever(lab: Lab, api: Any, group: str) -> None:
    lab.world.add("i-2", asg="web-asg", lifecycle="Pending:Wait")
    lab.world.down = False
    lab.turn(2.0)
    lab.world.completed.clear()
    lab.engine.store.db.run("UPDATE launch SET delivered = 0")
    lab.world.add("i-2", asg="web-asg", lifecycle="InService")
    lab.turn(2.0)
    assert lab.world.completed == []
    assert lab.engine.store.launches.undelivered() == []


def ended(status: Status) -> Deployment:
    return Deployment(Plan("d-1", Kind.IN_PLACE, (), NONE), 0.0, status)


@pytest.mark.parametrize(
    ("own", "deployed", "good", "expected"),
    [
        (None, None, None, Move.CONTINUE),
        (None, None, "a", Move.DEPLOY),
        (ended(Status.IN_PROGRESS), "a", "a", Move.WAIT),
        (ended(Status.SUCCEEDED), "a", "a", Move.CONTINUE),
        (ended(Status.SUCCEEDED), "a", "b", Move.DEPLOY),
        (ended(Status.FAILED), "a", "a", Move.ABANDON),
        (ended(Status.STOPPED), "a", "a", Move.ABANDON),
    ],
)
def test_the_next_move(own: Deployment | None, deployed: str | None, good: str | None, expected: Move) -> None:
    assert next_move(own, deployed, good) is expected
