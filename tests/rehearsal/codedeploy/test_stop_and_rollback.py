"""Stopping, alarms, and the rollback that is a deployment of its own."""

from __future__ import annotations

from typing import Any

import pytest

from .lab import Lab, deploy, events, info, make_group, target_status

ON_FAILURE = {"enabled": True, "events": ["DEPLOYMENT_FAILURE"]}
ON_ALL = {"enabled": True, "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]}


def released(lab: Lab, api: Any, hosts: tuple[str, ...] = ("i-1",), **members: Any) -> str:
    """A group whose first release went well."""
    lab.world.add(*hosts, asg="web-asg")
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce", **members)
    first = deploy(api, "web/1.zip", fileExistsBehavior="OVERWRITE")
    lab.work(*hosts)
    assert info(api, first)["status"] == "Succeeded"
    return first


def test_a_failure_is_rolled_back_to_the_last_good_revision(lab: Lab, api: Any) -> None:
    first = released(lab, api, autoRollbackConfiguration=ON_FAILURE)
    bad = deploy(api, "web/2.zip")
    lab.work("i-1", outcome=lambda host, event: (bad, host, event) != lab.ran[-1] or event != "ValidateService")
    failed = info(api, bad)
    assert failed["status"] == "Failed"
    back = failed["rollbackInfo"]["rollbackDeploymentId"]
    assert failed["rollbackInfo"]["rollbackMessage"] == f"Deployment {back} is triggered to roll back deployment {bad}."
    lab.work("i-1")
    shown = info(api, back)
    assert shown["status"] == "Succeeded"
    assert shown["revision"] == info(api, first)["revision"]
    assert shown["creator"] == "codeDeployRollback"
    assert shown["fileExistsBehavior"] == "OVERWRITE"
    assert shown["rollbackInfo"]["rollbackTriggeringDeploymentId"] == bad
    group = api.get_deployment_group(applicationName="coko", deploymentGroupName="web")["deploymentGroupInfo"]
    assert group["lastSuccessfulDeployment"]["deploymentId"] == back


def test_a_failed_rollback_is_not_rolled_back(lab: Lab, api: Any) -> None:
    released(lab, api, autoRollbackConfiguration=ON_FAILURE)
    bad = deploy(api, "web/2.zip")
    lab.work("i-1", outcome=lambda host, event: event != "Install")
    back = info(api, bad)["rollbackInfo"]["rollbackDeploymentId"]
    assert info(api, back)["status"] == "Failed"
    assert "rollbackDeploymentId" not in info(api, back)["rollbackInfo"]
    assert lab.engine.live == {}


def test_with_nothing_to_go_back_to_the_deployment_says_so(lab: Lab, api: Any) -> None:
    lab.world.add("i-1", asg="web-asg")
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce")
    bad = deploy(api, autoRollbackConfiguration=ON_FAILURE)
    lab.work("i-1", outcome=lambda host, event: False)
    assert "no successful deployment" in info(api, bad)["rollbackInfo"]["rollbackMessage"]


def test_stop_lets_the_running_event_finish_and_begins_no_other(lab: Lab, api: Any) -> None:
    released(lab, api, ("i-1", "i-2"))
    done = deploy(api, "web/2.zip")
    lab.turn()
    running = lab.poll("i-1")
    assert running is not None
    assert lab.acknowledge(running) == "InProgress"
    waiting = lab.poll("i-2")
    assert waiting is not None
    assert api.stop_deployment(deploymentId=done)["status"] == "Pending"
    assert lab.acknowledge(waiting) == "Failed", "an event that was only offered must not run any more"
    assert lab.poll("i-1") is None
    assert info(api, done)["status"] == "InProgress"
    lab.report(running)
    shown = info(api, done)
    assert (shown["status"], shown["errorInformation"]["code"]) == ("Stopped", "MANUAL_STOP")
    assert events(api, done, "i-1")["ApplicationStop"]["status"] == "Succeeded"
    assert events(api, done, "i-1")["DownloadBundle"]["status"] == "Skipped"
    assert target_status(api, done, "i-2") == "Skipped"
    assert "rollbackInfo" not in shown
    with pytest.raises(api.exceptions.DeploymentAlreadyCompletedException):
        api.stop_deployment(deploymentId=done)


@pytest.mark.parametrize(
    ("configured", "asked", "expected"),
    [(True, None, True), (False, None, False), (False, True, True), (True, False, False)],
)
def test_stop_rolls_back_as_asked_else_as_configured(
    lab: Lab, api: Any, configured: bool, asked: bool | None, expected: bool
) -> None:
    released(lab, api, autoRollbackConfiguration=ON_ALL if configured else ON_FAILURE)
    done = deploy(api, "web/2.zip")
    lab.turn()
    lab.run_one("i-1")
    said = {} if asked is None else {"autoRollbackEnabled": asked}
    assert api.stop_deployment(deploymentId=done, **said)["status"] == "Succeeded"
    assert ("rollbackDeploymentId" in info(api, done).get("rollbackInfo", {})) is expected


def test_a_stop_before_anything_was_touched_rolls_nothing_back(lab: Lab, api: Any) -> None:
    released(lab, api, autoRollbackConfiguration=ON_ALL)
    done = deploy(api, "web/2.zip")
    assert api.stop_deployment(deploymentId=done, autoRollbackEnabled=True)["status"] == "Succeeded"
    assert "rollbackInfo" not in info(api, done)


ALARM = {"enabled": True, "alarms": [{"name": "latency"}]}


def test_an_alarm_stops_the_deployment_and_rolls_it_back(lab: Lab, api: Any) -> None:
    lab.world.alarms["latency"] = False
    released(lab, api, ("i-1", "i-2"), alarmConfiguration=ALARM, autoRollbackConfiguration=ON_ALL)
    bad = deploy(api, "web/2.zip", deploymentConfigName="CodeDeployDefault.OneAtATime")
    lab.turn()
    lab.run_one("i-1")
    lab.world.alarms["latency"] = True
    lab.turn(5.0)
    shown = info(api, bad)
    assert (shown["status"], shown["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
    assert shown["errorInformation"]["message"].endswith("Activated alarms: latency")
    lab.work("i-1", "i-2")  # the alarm still rings: the way back must not depend on it
    assert info(api, shown["rollbackInfo"]["rollbackDeploymentId"])["status"] == "Succeeded"


def test_an_alarm_that_cannot_be_read_stops_unless_that_is_ignored(lab: Lab, api: Any) -> None:
    lab.world.alarms["latency"] = False
    released(lab, api, alarmConfiguration=ALARM)
    del lab.world.alarms["latency"]
    strict = deploy(api, "web/2.zip")
    lab.turn()
    lab.turn(5.0)
    assert info(api, strict)["errorInformation"]["code"] == "ALARM_ACTIVE"
    assert "could not be learned" in info(api, strict)["errorInformation"]["message"]
    lenient = deploy(api, "web/2.zip", overrideAlarmConfiguration={**ALARM, "ignorePollAlarmFailure": True})
    lab.work("i-1")
    assert info(api, lenient)["status"] == "Succeeded"


def test_a_short_silence_of_the_cloud_is_not_an_alarm(lab: Lab, api: Any) -> None:
    lab.world.alarms["latency"] = False
    released(lab, api, alarmConfiguration=ALARM)
    done = deploy(api, "web/2.zip")
    lab.turn()
    lab.world.down = True
    lab.turn(5.0)
    assert info(api, done)["status"] == "InProgress"
    lab.world.down = False
    lab.work("i-1")
    assert info(api, done)["status"] == "Succeeded"


def test_triggers_tell_the_topic_what_happened(lab: Lab, api: Any) -> None:
    topic = "arn:aws:sns:ap-northeast-2:123456789012:ops"
    wanted = ["DeploymentStart", "DeploymentFailure", "DeploymentRollback", "InstanceFailure"]
    trigger = {"triggerName": "ops", "triggerTargetArn": topic, "triggerEvents": wanted}
    released(lab, api, autoRollbackConfiguration=ON_FAILURE, triggerConfigurations=[trigger])
    lab.world.letters.clear()
    bad = deploy(api, "web/2.zip")
    lab.turn()
    lab.world.down = True
    while lab.run_one("i-1", lambda host, event: event != "Install"):
        pass
    lab.world.down = False
    lab.turn(10.0)
    subjects = [subject for to, subject, _ in lab.world.letters if to == topic and bad in subject]
    assert [subject.split(":")[0] for subject in subjects] == [
        "deployment start",
        "instance failure",
        "deployment failure",
        "deployment rollback",
    ]


def test_deleting_the_group_ends_its_deployment(lab: Lab, api: Any) -> None:
    released(lab, api, autoRollbackConfiguration=ON_ALL)
    done = deploy(api, "web/2.zip")
    lab.turn()
    lab.run_one("i-1")
    api.delete_deployment_group(applicationName="coko", deploymentGroupName="web")
    assert info(api, done)["errorInformation"]["code"] == "DEPLOYMENT_GROUP_MISSING"
    assert lab.engine.live == {}
    assert lab.poll("i-1") is None
