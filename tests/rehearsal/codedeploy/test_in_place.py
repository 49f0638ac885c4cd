"""In-place deployments through boto3, agents and a load balancer in memory."""

from __future__ import annotations

from typing import Any

from rehearsal.codedeploy.machine.signals import Health, TrafficSeen

from .lab import Lab, deploy, events, info, make_group, target_status

SEVEN = [
    "ApplicationStop",
    "DownloadBundle",
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "ApplicationStart",
    "ValidateService",
]
BALANCED: dict[str, Any] = {
    "deploymentStyle": {"deploymentType": "IN_PLACE", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
    "loadBalancerInfo": {"targetGroupInfoList": [{"name": "web"}]},
}


def fleet(lab: Lab, *ids: str, balanced: bool = False) -> None:
    lab.world.add(*ids, asg="web-asg")
    if balanced:
        lab.world.targets["web"] = {name: Health("healthy") for name in ids}


def test_a_host_goes_through_the_seven_events_in_order(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1")
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce")
    done = deploy(api)
    assert info(api, done)["status"] == "Created"
    lab.work("i-1")
    assert info(api, done)["status"] == "Succeeded"
    assert [event for _, _, event in lab.ran] == SEVEN
    assert list(events(api, done, "i-1")) == SEVEN
    assert info(api, done)["deploymentOverview"]["Succeeded"] == 1


def test_one_at_a_time_never_works_on_two(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1", "i-2", "i-3")
    make_group(api, autoScalingGroups=["web-asg"])
    done = deploy(api)
    lab.turn()
    while lab.engine.live:
        overview = info(api, done)["deploymentOverview"]
        assert overview["InProgress"] <= 1
        lab.work("i-1", "i-2", "i-3", turns=1)
    assert info(api, done)["status"] == "Succeeded"


def test_traffic_is_taken_away_and_given_back_around_the_install(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1", "i-2", balanced=True)
    lab.world.draining, lab.world.joining = True, "initial"
    make_group(api, autoScalingGroups=["web-asg"], **BALANCED)
    done = deploy(api)
    lab.turn()
    seen = []
    for _ in range(80):
        state = lab.world.targets["web"].get("i-1")
        event = lab.run_one("i-1") or lab.run_one("i-2")
        seen.append((event, state.state if state else "absent"))
        lab.turn()
        lab.world.settle()
    assert info(api, done)["status"] == "Succeeded"
    assert ("BeforeBlockTraffic", "healthy") in seen
    assert {state for event, state in seen if event == "Install"} == {"absent", "healthy"}  # its own, the other's
    assert {name: health.state for name, health in lab.world.targets["web"].items()} == {
        "i-1": "healthy",
        "i-2": "healthy",
    }


def test_allow_traffic_succeeds_only_when_the_balancer_says_healthy(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1", balanced=True)
    lab.world.joining = "unhealthy"
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce", **BALANCED)
    done = deploy(api)
    lab.turn()
    for _ in range(40):
        lab.run_one("i-1")
        lab.turn(5.0)
        lab.command("PostHostHeartbeat", HostIdentifier="i-1", InProgress=[])
    assert events(api, done, "i-1")["AllowTraffic"]["status"] == "InProgress"
    lab.turn(3600.0)
    failed = events(api, done, "i-1")["AllowTraffic"]
    assert failed["status"] == "Failed"
    assert "did not become healthy" in failed["diagnostics"]["message"]
    assert "unhealthy" in failed["diagnostics"]["message"]
    assert info(api, done)["errorInformation"]["code"] == "HEALTH_CONSTRAINTS"


def test_a_failing_script_ends_its_host_and_names_itself(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1", "i-2")
    make_group(api, autoScalingGroups=["web-asg"])
    done = deploy(api)
    lab.work("i-1", "i-2", outcome=lambda host, event: event != "AfterInstall")
    shown = info(api, done)
    assert (shown["status"], shown["errorInformation"]["code"]) == ("Failed", "HEALTH_CONSTRAINTS")
    assert {target_status(api, done, name) for name in ("i-1", "i-2")} == {"Failed", "Skipped"}
    failed = events(api, done, "i-1")["AfterInstall"]["diagnostics"]
    assert (failed["errorCode"], failed["scriptName"]) == ("ScriptFailed", "hook.sh")
    assert failed["logTail"] == "[stderr]the cause"
    assert events(api, done, "i-1")["ApplicationStart"]["status"] == "Skipped"
    assert "i-1: AfterInstall" in shown["deploymentStatusMessages"][0]


def test_a_failing_application_stop_may_be_ignored(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1")
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce")
    done = deploy(api, ignoreApplicationStopFailures=True)
    lab.work("i-1", outcome=lambda host, event: event != "ApplicationStop")
    assert info(api, done)["status"] == "Succeeded"
    assert events(api, done, "i-1")["ApplicationStop"]["status"] == "Failed"


def test_the_last_of_a_fleet_may_fail(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1", "i-2", "i-3")
    make_group(api, autoScalingGroups=["web-asg"])
    done = deploy(api)
    lab.work("i-1", "i-2", "i-3", outcome=lambda host, event: host != "i-3")
    assert info(api, done)["status"] == "Succeeded"
    assert info(api, done)["deploymentOverview"]["Failed"] == 1


def test_a_second_deployment_is_refused_by_the_name_of_the_first(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1")
    make_group(api, autoScalingGroups=["web-asg"])
    first = deploy(api)
    try:
        deploy(api)
        raise AssertionError("a second deployment was accepted")
    except api.exceptions.DeploymentLimitExceededException as refused:
        said = refused.response["Error"]["Message"]
    assert said == f"The Deployment Group 'web' already has an active Deployment '{first}'"
    lab.work("i-1")
    deploy(api)


def test_nobody_there_is_said_and_not_succeeded(lab: Lab, api: Any) -> None:
    lab.world.asgs.add("web-asg")
    make_group(api, autoScalingGroups=["web-asg"])
    done = deploy(api)
    lab.turn()
    assert info(api, done)["errorInformation"]["code"] == "NO_INSTANCES"
    assert "rollbackInfo" not in info(api, done)


def test_unhealthy_hosts_come_first_then_unknown_then_old(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1", "i-2", "i-3")
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce")
    deploy(api)
    lab.work("i-1", "i-2", "i-3", outcome=lambda host, event: host != "i-2")
    lab.world.add("i-0", asg="web-asg")
    again = deploy(api, "web/2.zip", deploymentConfigName="CodeDeployDefault.OneAtATime")
    lab.turn()
    assert api.list_deployment_targets(deploymentId=again)["targetIds"] == ["i-2", "i-0", "i-1", "i-3"]


def test_a_host_that_was_stopped_halfway_is_unhealthy(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1", "i-2")
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce")
    deploy(api)
    lab.work("i-1", "i-2")
    halfway = deploy(api, "web/2.zip", deploymentConfigName="CodeDeployDefault.OneAtATime")
    lab.turn()
    assert lab.run_one("i-1") == "ApplicationStop"
    api.stop_deployment(deploymentId=halfway)
    lab.world.add("i-0", asg="web-asg")
    again = deploy(api, "web/3.zip")
    lab.turn()
    assert api.list_deployment_targets(deploymentId=again)["targetIds"][0] == "i-1"


def test_a_host_that_was_stopped_before_anything_ran_is_not(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1")
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce")
    deploy(api)
    lab.work("i-1")
    untouched = deploy(api, "web/2.zip")
    lab.turn()
    api.stop_deployment(deploymentId=untouched)
    lab.world.add("i-2", asg="web-asg")
    again = deploy(api, "web/3.zip")
    lab.turn()
    assert api.list_deployment_targets(deploymentId=again)["targetIds"] == ["i-2", "i-1"]


def test_only_outdated_hosts_are_deployed_to_if_so_asked(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1")
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce")
    deploy(api)
    lab.work("i-1")
    lab.world.add("i-2", asg="web-asg")
    again = deploy(api, updateOutdatedInstancesOnly=True)
    lab.turn()
    assert api.list_deployment_targets(deploymentId=again)["targetIds"] == ["i-2"]


def test_a_cloud_that_stays_away_ends_the_deployment_all_the_same(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1", balanced=True)
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce", **BALANCED)
    done = deploy(api)
    lab.turn()
    lab.world.down = True
    assert lab.run_one("i-1") == "BeforeBlockTraffic"
    lab.turn(10.0)
    assert events(api, done, "i-1")["BlockTraffic"]["status"] == "InProgress"
    lab.turn(3600.0)
    assert info(api, done)["status"] == "Failed"
    assert "did not leave" in events(api, done, "i-1")["BlockTraffic"]["diagnostics"]["message"]


def test_a_target_group_that_does_not_exist_is_named(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1")
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce", **BALANCED)
    done = deploy(api)
    lab.turn()
    assert info(api, done)["errorInformation"] == {
        "code": "ELASTIC_LOAD_BALANCING_INVALID",
        "message": "These target groups do not exist: web",
    }


def test_what_the_balancer_showed_before_an_event_began_proves_nothing(lab: Lab, api: Any) -> None:
    fleet(lab, "i-1", balanced=True)
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce", **BALANCED)
    done = deploy(api)
    lab.turn()
    lab.run_one("i-1")
    lab.engine.submit(done, TrafficSeen(lab.now - 1.0, {}))
    assert events(api, done, "i-1")["BlockTraffic"]["status"] == "InProgress"
    lab.engine.submit(done, TrafficSeen(lab.now, {}))
    assert events(api, done, "i-1")["BlockTraffic"]["status"] == "Succeeded"
