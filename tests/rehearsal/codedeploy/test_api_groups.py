"""Deployment groups, deployments in lists, on-premises hosts, through unmodified boto3."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .lab import ROLE, Lab, deploy, info, make_group


def group(api: Any, name: str = "web") -> dict[str, Any]:
    answer = api.get_deployment_group(applicationName="coko", deploymentGroupName=name)
    found: dict[str, Any] = answer["deploymentGroupInfo"]
    return found


def test_a_group_reads_back_as_it_was_written(lab: Lab, api: Any) -> None:
    lab.world.add("i-1", asg="web-asg")
    members: dict[str, Any] = {
        "alarmConfiguration": {"enabled": True, "ignorePollAlarmFailure": False, "alarms": [{"name": "latency"}]},
        "autoRollbackConfiguration": {"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
        "ec2TagSet": {"ec2TagSetList": [[{"Key": "tier", "Value": "web", "Type": "KEY_AND_VALUE"}]]},
        "outdatedInstancesStrategy": "IGNORE",
        "loadBalancerInfo": {"targetGroupInfoList": [{"name": "web"}]},
        "deploymentStyle": {"deploymentType": "IN_PLACE", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
    }
    made = make_group(api, autoScalingGroups=["web-asg"], **members)
    shown = group(api)
    assert shown["deploymentGroupId"] == made
    assert {key: shown[key] for key in members} == members
    assert [each["name"] for each in shown["autoScalingGroups"]] == ["web-asg"]
    assert shown["deploymentConfigName"] == "CodeDeployDefault.OneAtATime"


def test_an_update_replaces_what_it_names_and_keeps_the_rest(lab: Lab, api: Any) -> None:
    lab.world.add("i-1", asg="web-asg")
    made = make_group(
        api,
        autoScalingGroups=["web-asg"],
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
    )
    answer = api.update_deployment_group(
        applicationName="coko",
        currentDeploymentGroupName="web",
        newDeploymentGroupName="web2",
        deploymentConfigName="CodeDeployDefault.AllAtOnce",
        autoScalingGroups=[],
    )
    assert answer["hooksNotCleanedUp"] == []
    shown = group(api, "web2")
    assert (shown["deploymentGroupId"], shown["autoScalingGroups"]) == (made, [])
    assert shown["deploymentConfigName"] == "CodeDeployDefault.AllAtOnce"
    assert shown["autoRollbackConfiguration"]["events"] == ["DEPLOYMENT_FAILURE"]
    with pytest.raises(api.exceptions.DeploymentGroupDoesNotExistException):
        group(api, "web")


def test_batch_get_names_what_is_missing(api: Any) -> None:
    make_group(api)
    answer = api.batch_get_deployment_groups(applicationName="coko", deploymentGroupNames=["web", "nobody"])
    assert [each["deploymentGroupName"] for each in answer["deploymentGroupsInfo"]] == ["web"]
    assert "nobody" in answer["errorMessage"]


BALANCED = {"deploymentType": "IN_PLACE", "deploymentOption": "WITH_TRAFFIC_CONTROL"}


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"autoScalingGroups": ["nobody"]}, "InvalidAutoScalingGroupException"),
        ({"deploymentConfigName": "nobody"}, "DeploymentConfigDoesNotExistException"),
        ({"serviceRoleArn": "x"}, "InvalidRoleException"),
        ({"deploymentStyle": {"deploymentType": "BLUE"}}, "InvalidDeploymentStyleException"),
        ({"deploymentStyle": {"deploymentType": "BLUE_GREEN"}}, "InvalidDeploymentStyleException"),
        ({"deploymentStyle": BALANCED}, "InvalidLoadBalancerInfoException"),
        ({"loadBalancerInfo": {"elbInfoList": [{"name": "x"}]}}, "InvalidLoadBalancerInfoException"),
        ({"alarmConfiguration": {"enabled": True}}, "InvalidAlarmConfigException"),
        ({"autoRollbackConfiguration": {"enabled": True}}, "InvalidAutoRollbackConfigException"),
        ({"autoRollbackConfiguration": {"enabled": True, "events": ["X"]}}, "InvalidAutoRollbackConfigException"),
        ({"triggerConfigurations": [{"triggerName": "x"}]}, "InvalidTriggerConfigException"),
        ({"ec2TagFilters": [{"Key": "a", "Type": "SOME"}]}, "InvalidEC2TagException"),
        ({"terminationHookEnabled": True}, "InvalidInputException"),
        ({"deploymentGroupName": "white space"}, "InvalidDeploymentGroupNameException"),
        ({"deploymentGroupName": "x" * 101}, "InvalidDeploymentGroupNameException"),
        ({"ecsServices": [{"serviceName": "x", "clusterName": "y"}]}, "InvalidECSServiceException"),
    ],
)
def test_a_senseless_group_is_refused_under_the_right_name(api: Any, members: dict[str, Any], error: str) -> None:
    api.create_application(applicationName="coko")
    base = {"applicationName": "coko", "deploymentGroupName": "web", "serviceRoleArn": ROLE}
    with pytest.raises(api.exceptions.from_code(error)):
        api.create_deployment_group(**{**base, **members})
    assert api.list_deployment_groups(applicationName="coko")["deploymentGroups"] == []


def test_deployments_are_listed_newest_first_by_status_and_time(lab: Lab, api: Any) -> None:
    lab.world.add("i-1", asg="web-asg")
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce")
    ids = []
    for number in range(3):
        ids.append(deploy(api, f"web/{number}.zip"))
        lab.work("i-1", outcome=lambda host, event: event != "Install" or len(ids) != 2)
        lab.now += 100
    both = {"applicationName": "coko", "deploymentGroupName": "web"}
    assert api.list_deployments(**both)["deployments"] == ids[::-1]
    assert api.list_deployments(**both, includeOnlyStatuses=["Failed"])["deployments"] == [ids[1]]
    middle = datetime.fromtimestamp(lab.now - 50, UTC)
    since = api.list_deployments(**both, createTimeRange={"start": middle - timedelta(seconds=100)})
    assert ids[2] in since["deployments"]
    assert ids[0] not in since["deployments"]
    infos = api.batch_get_deployments(deploymentIds=[ids[0], "d-NOBODY000"])["deploymentsInfo"]
    assert [each["deploymentId"] for each in infos] == [ids[0]]
    with pytest.raises(api.exceptions.DeploymentGroupNameRequiredException):
        api.list_deployments(applicationName="coko")
    with pytest.raises(api.exceptions.InvalidTimeRangeException):
        api.list_deployments(createTimeRange={"start": middle, "end": middle - timedelta(days=1)})


def test_targets_are_not_there_before_the_start(lab: Lab, api: Any) -> None:
    lab.world.add("i-1", asg="web-asg")
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce")
    lab.world.down = True
    done = deploy(api)
    lab.turn()
    with pytest.raises(api.exceptions.DeploymentNotStartedException):
        api.list_deployment_targets(deploymentId=done)
    lab.world.down = False
    lab.turn()
    assert api.list_deployment_targets(deploymentId=done)["targetIds"] == ["i-1"]
    with pytest.raises(api.exceptions.DeploymentTargetDoesNotExistException):
        api.get_deployment_target(deploymentId=done, targetId="i-9")
    with pytest.raises(api.exceptions.InvalidTargetFilterNameException):
        api.list_deployment_targets(deploymentId=done, targetFilters={"Nonsense": ["x"]})
    with pytest.raises(api.exceptions.InvalidInstanceStatusException):
        api.list_deployment_targets(deploymentId=done, targetFilters={"TargetStatus": ["Nonsense"]})
    batch = api.batch_get_deployment_targets(deploymentId=done, targetIds=["i-1"])["deploymentTargets"]
    assert batch[0]["instanceTarget"]["targetArn"].endswith(":instance/i-1")
    old = api.batch_get_deployment_instances(deploymentId=done, instanceIds=["i-1", "i-9"])
    assert (len(old["instancesSummary"]), "i-9" in old["errorMessage"]) == (1, True)
    assert api.get_deployment_instance(deploymentId=done, instanceId="i-1")["instanceSummary"]["status"] == "InProgress"


def test_a_deployment_whose_hosts_cannot_be_looked_up_ends(lab: Lab, api: Any) -> None:
    lab.world.add("i-1", asg="web-asg")
    make_group(api, autoScalingGroups=["web-asg"])
    lab.world.down = True
    done = deploy(api)
    lab.turn(301.0)
    lab.turn(1.0)
    assert info(api, done)["errorInformation"]["code"] == "INTERNAL_ERROR"


def test_on_premises_hosts_are_registered_tagged_and_deployed_to(lab: Lab, api: Any) -> None:
    user = "arn:aws:iam::123456789012:user/"
    for name in ("rack-1", "rack-2"):
        api.register_on_premises_instance(instanceName=name, iamUserArn=user + name)
    with pytest.raises(api.exceptions.InstanceNameAlreadyRegisteredException):
        api.register_on_premises_instance(instanceName="rack-1", iamUserArn=user + "other")
    with pytest.raises(api.exceptions.IamUserArnAlreadyRegisteredException):
        api.register_on_premises_instance(instanceName="rack-3", iamUserArn=user + "rack-1")
    with pytest.raises(api.exceptions.InvalidInstanceNameException):
        api.register_on_premises_instance(instanceName="i-123", iamUserArn=user + "x")
    web = [{"Key": "tier", "Value": "web"}]
    api.add_tags_to_on_premises_instances(tags=web, instanceNames=["rack-1", "rack-2"])
    api.remove_tags_from_on_premises_instances(tags=web, instanceNames=["rack-2"])
    wanted = [{**web[0], "Type": "KEY_AND_VALUE"}]
    assert api.list_on_premises_instances(tagFilters=wanted)["instanceNames"] == ["rack-1"]
    make_group(api, onPremisesInstanceTagFilters=wanted, deploymentConfigName="CodeDeployDefault.AllAtOnce")
    done = deploy(api)
    lab.work("rack-1")
    assert info(api, done)["status"] == "Succeeded"
    api.deregister_on_premises_instance(instanceName="rack-1")
    assert api.list_on_premises_instances(registrationStatus="Registered")["instanceNames"] == ["rack-2"]
    shown = api.get_on_premises_instance(instanceName="rack-1")["instanceInfo"]
    assert (shown["iamUserArn"], "deregisterTime" in shown) == (user + "rack-1", True)
    assert len(api.batch_get_on_premises_instances(instanceNames=["rack-1", "nobody"])["instanceInfos"]) == 1
    with pytest.raises(api.exceptions.InstanceNotRegisteredException):
        api.get_on_premises_instance(instanceName="nobody")
