"""What a deployment group may say: refusals name the member, why, and what to give instead. Pure."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError

COPY = (
    "greenFleetProvisioningOption COPY_AUTO_SCALING_GROUP is refused: CodeDeploy would clone an Auto Scaling group "
    "that no program knows of. Use DISCOVER_EXISTING with a second group, named in CreateDeployment's targetInstances."
)


def check(document: dict[str, Any]) -> None:
    """All rules that need nothing but the group itself."""
    _platform(document)
    _style(document)
    _balancers(document)
    alarms(document.get("alarmConfiguration") or {})
    rollback(document.get("autoRollbackConfiguration") or {})
    _triggers(document.get("triggerConfigurations") or [])
    _tag_sets(document)


def _platform(document: dict[str, Any]) -> None:
    if document.get("ecsServices"):
        raise ApiError("InvalidECSServiceException", "ecsServices are for ECS; the rehearsal deploys to hosts only.")
    if document.get("terminationHookEnabled"):
        message = "terminationHookEnabled is refused: the rehearsal runs no deployments on terminating instances."
        raise ApiError("InvalidInputException", message)
    if not document["serviceRoleArn"].startswith("arn:aws:iam::"):
        raise ApiError("InvalidRoleException", f"{document['serviceRoleArn']!r} is not the ARN of an IAM role.")


def _style(document: dict[str, Any]) -> None:
    style = document.get("deploymentStyle") or {}
    blue_green = document.get("blueGreenDeploymentConfiguration") or {}
    if style.get("deploymentType") != "BLUE_GREEN":
        return
    if style.get("deploymentOption") != "WITH_TRAFFIC_CONTROL":
        message = "A BLUE_GREEN deployment moves traffic: its deploymentOption must be WITH_TRAFFIC_CONTROL."
        raise ApiError("InvalidDeploymentStyleException", message)
    if (blue_green.get("greenFleetProvisioningOption") or {}).get("action") == "COPY_AUTO_SCALING_GROUP":
        raise ApiError("InvalidBlueGreenDeploymentConfigurationException", COPY)
    _waits(blue_green)


def _waits(blue_green: dict[str, Any]) -> None:
    ready = blue_green.get("deploymentReadyOption") or {}
    end = blue_green.get("terminateBlueInstancesOnDeploymentSuccess") or {}
    for member, value in (
        ("deploymentReadyOption.waitTimeInMinutes", ready.get("waitTimeInMinutes", 0)),
        (
            "terminateBlueInstancesOnDeploymentSuccess.terminationWaitTimeInMinutes",
            end.get("terminationWaitTimeInMinutes", 0),
        ),
    ):
        if not 0 <= value <= 2880:
            message = f"{member} is {value}; it must be 0 to 2880 (two days)."
            raise ApiError("InvalidBlueGreenDeploymentConfigurationException", message)
    if ready.get("actionOnTimeout") == "STOP_DEPLOYMENT" and not ready.get("waitTimeInMinutes"):
        message = "deploymentReadyOption STOP_DEPLOYMENT needs waitTimeInMinutes of at least 1."
        raise ApiError("InvalidBlueGreenDeploymentConfigurationException", message)


def _balancers(document: dict[str, Any]) -> None:
    info = document.get("loadBalancerInfo") or {}
    if info.get("elbInfoList"):
        message = "elbInfoList is refused: the rehearsal has no Classic Load Balancers. Use targetGroupInfoList."
        raise ApiError("InvalidLoadBalancerInfoException", message)
    if info.get("targetGroupPairInfoList"):
        message = "targetGroupPairInfoList is for ECS. Use targetGroupInfoList."
        raise ApiError("InvalidTargetGroupPairException", message)
    style = document.get("deploymentStyle") or {}
    named = info.get("targetGroupInfoList") or []
    if any(not each.get("name") for each in named):
        raise ApiError("InvalidLoadBalancerInfoException", "Every entry of targetGroupInfoList needs a name.")
    if style.get("deploymentOption") == "WITH_TRAFFIC_CONTROL" and not named:
        message = "WITH_TRAFFIC_CONTROL needs loadBalancerInfo with a target group in targetGroupInfoList."
        raise ApiError("InvalidLoadBalancerInfoException", message)
    if style.get("deploymentType") == "BLUE_GREEN" and len(named) > 1:
        message = "A BLUE_GREEN deployment to hosts moves traffic in one target group; name exactly one."
        raise ApiError("InvalidLoadBalancerInfoException", message)


def alarms(config: dict[str, Any]) -> None:
    named = config.get("alarms") or []
    if len(named) > 10:
        raise ApiError("AlarmsLimitExceededException", f"At most 10 alarms are allowed; these are {len(named)}.")
    if any(not alarm.get("name") for alarm in named):
        raise ApiError("InvalidAlarmConfigException", "Every alarm needs a name.")
    if config.get("enabled") and not named:
        raise ApiError("InvalidAlarmConfigException", "alarmConfiguration is enabled and names no alarm.")


def rollback(config: dict[str, Any]) -> None:
    if config.get("enabled") and not config.get("events"):
        message = "autoRollbackConfiguration is enabled and names no event, such as DEPLOYMENT_FAILURE."
        raise ApiError("InvalidAutoRollbackConfigException", message)


def _triggers(triggers: list[dict[str, Any]]) -> None:
    if len(triggers) > 10:
        raise ApiError("TriggerTargetsLimitExceededException", "At most 10 triggers are allowed in a group.")
    for trigger in triggers:
        if not all(trigger.get(name) for name in ("triggerName", "triggerTargetArn", "triggerEvents")):
            message = "Every trigger needs triggerName, triggerTargetArn and triggerEvents."
            raise ApiError("InvalidTriggerConfigException", message)
        if not trigger["triggerTargetArn"].startswith("arn:aws:sns:"):
            message = f"{trigger['triggerTargetArn']!r} is not the ARN of an SNS topic."
            raise ApiError("InvalidTriggerConfigException", message)


def _tag_sets(document: dict[str, Any]) -> None:
    pairs = (
        ("ec2TagFilters", "ec2TagSet", "ec2TagSetList", "InvalidEC2TagCombinationException"),
        (
            "onPremisesInstanceTagFilters",
            "onPremisesTagSet",
            "onPremisesTagSetList",
            "InvalidOnPremisesTagCombinationException",
        ),
    )
    for flat, grouped, listed, code in pairs:
        sets = (document.get(grouped) or {}).get(listed) or []
        if document.get(flat) and sets:
            raise ApiError(code, f"Give {flat} or {grouped}, not both.")
        if len(sets) > 3 or any(len(filters) > 10 for filters in sets):
            raise ApiError("TagSetListLimitExceededException", f"{grouped}: at most 3 sets of at most 10 filters.")
