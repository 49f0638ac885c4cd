"""Scaling policies: named per group, with ARNs that alarms can name, executed by a client or an alarm."""

from __future__ import annotations

from typing import Any

from rehearsal.cloud.answers import Call, Reply
from rehearsal.cloud.errors import AwsError, validation
from rehearsal.cloud.services.autoscaling.capacity import adjusted, step_for
from rehearsal.cloud.services.autoscaling.fleet import Fleet
from rehearsal.cloud.services.autoscaling.model import ANSWERS, Group, Policy, group_of, groups_of, new_id, note
from rehearsal.cloud.services.autoscaling.step import step

SETTINGS = ("AdjustmentType", "MinAdjustmentStep", "MinAdjustmentMagnitude", "ScalingAdjustment", "Cooldown",
            "StepAdjustments", "MetricAggregationType", "EstimatedInstanceWarmup", "TargetTrackingConfiguration",
            "PredictiveScalingConfiguration")
TYPES = ("SimpleScaling", "StepScaling", "TargetTrackingScaling", "PredictiveScaling")
ADJUSTMENTS = ("ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity")


@ANSWERS("PutScalingPolicy")
def put(call: Call) -> Reply:
    group, name, params = group_of(call), call.params["PolicyName"], call.params
    kind = params.get("PolicyType") or "SimpleScaling"
    _check(kind, params)
    arn = group.policies[name].arn if name in group.policies else (
        f"arn:aws:autoscaling:{call.region}:{call.account}:scalingPolicy:{new_id()}:autoScalingGroupName/{group.name}"
        f":policyName/{name}")
    settings = {"PolicyType": kind, "Enabled": params.get("Enabled", True), **call.names(*SETTINGS)}
    if kind == "StepScaling":
        settings.setdefault("MetricAggregationType", "Average")
    group.policies[name] = Policy(name, arn, settings)
    return {"PolicyARN": arn, "Alarms": []}


def _check(kind: str, params: dict[str, Any]) -> None:
    if kind not in TYPES:
        raise validation(f"Valid policy types are: [{', '.join(TYPES)}]")
    if kind in ("SimpleScaling", "StepScaling") and params.get("AdjustmentType") not in ADJUSTMENTS:
        raise validation(f"AdjustmentType must be one of [{', '.join(ADJUSTMENTS)}]")
    if kind == "SimpleScaling" and "ScalingAdjustment" not in params:
        raise validation("ScalingAdjustment is required for policy type SimpleScaling")
    if kind == "StepScaling" and not params.get("StepAdjustments"):
        raise validation("At least one step adjustment is required for policy type StepScaling")
    if kind == "StepScaling" and "Cooldown" in params:
        raise validation("Cooldown is not supported for policy type StepScaling")
    if kind == "TargetTrackingScaling" and not params.get("TargetTrackingConfiguration"):
        raise validation("TargetTrackingConfiguration is required for policy type TargetTrackingScaling")


@ANSWERS("DescribePolicies")
def describe(call: Call) -> Reply:
    groups = [group_of(call)] if call.params.get("AutoScalingGroupName") else \
        list(groups_of(call.world, call.region).values())
    names, kinds = call.params.get("PolicyNames"), call.params.get("PolicyTypes")
    rows = [shown(call, group, policy) for group in groups for policy in group.policies.values()
            if (not names or policy.name in names or policy.arn in names)
            and (not kinds or policy.settings["PolicyType"] in kinds)]
    return {"ScalingPolicies": rows}


@ANSWERS("DeletePolicy")
def delete(call: Call) -> Reply:
    group, policy = find(call)
    del group.policies[policy.name]
    return {}


@ANSWERS("ExecutePolicy")
def execute(call: Call) -> Reply:
    group, policy = find(call)
    settings = policy.settings
    if settings["PolicyType"] == "StepScaling":
        if "MetricValue" not in call.params or "BreachThreshold" not in call.params:
            raise validation("MetricValue and BreachThreshold are required for policy type StepScaling")
        breach = call.params["MetricValue"] - call.params["BreachThreshold"]
        change = step_for(settings["StepAdjustments"], breach)
    elif settings["PolicyType"] == "SimpleScaling":
        change = int(settings["ScalingAdjustment"])
    else:
        raise validation(f"{settings['PolicyType']} policies cannot be executed by hand")
    if change is not None:
        scale(call, group, policy, change)
    return {}


def scale(call: Call, group: Group, policy: Policy, change: int) -> None:
    settings = policy.settings
    wanted = adjusted(settings["AdjustmentType"], change, group.desired, settings.get("MinAdjustmentMagnitude") or 0)
    wanted = min(max(wanted, group.minimum), group.maximum)
    if wanted != group.desired:
        note(group, call.world, f"Changing the desired capacity from {group.desired} to {wanted}.",
             f"policy {policy.name} was executed")
        group.desired = wanted
        step(Fleet(call.world, call.region), group)


def find(call: Call) -> tuple[Group, Policy]:
    """By ARN alone, or by name within its group."""
    name = call.params["PolicyName"]
    if name.startswith("arn:"):
        for group in groups_of(call.world, call.region).values():
            for policy in group.policies.values():
                if policy.arn == name:
                    return group, policy
    elif call.params.get("AutoScalingGroupName"):
        group = group_of(call)
        if name in group.policies:
            return group, group.policies[name]
    raise validation(f"Policy name not found - {name}")


def shown(call: Call, group: Group, policy: Policy) -> dict[str, Any]:
    return {"AutoScalingGroupName": group.name, "PolicyName": policy.name, "PolicyARN": policy.arn,
            "StepAdjustments": [], **policy.settings, "Alarms": alarms_of(call, policy)}


def alarms_of(call: Call, policy: Policy) -> list[dict[str, str]]:
    """The alarms that name this policy."""
    try:
        alarms = call.ask("cloudwatch", "DescribeAlarms", ActionPrefix=policy.arn).get("MetricAlarms", [])
    except AwsError:
        return []
    return [{"AlarmName": a["AlarmName"], "AlarmARN": a["AlarmArn"]} for a in alarms
            if policy.arn in [*a.get("AlarmActions", []), *a.get("OKActions", [])]]
