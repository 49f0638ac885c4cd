"""Groups: create, change, show, delete, set the desired capacity."""

from __future__ import annotations

from typing import Any

from rehearsal.cloud.answers import Call, Reply
from rehearsal.cloud.errors import AwsError, validation
from rehearsal.cloud.services.autoscaling.capacity import bounds
from rehearsal.cloud.services.autoscaling.fleet import Fleet
from rehearsal.cloud.services.autoscaling.model import (
    ANSWERS,
    Group,
    Member,
    group_of,
    groups_of,
    hook_from,
    in_use,
    new_id,
    when,
)
from rehearsal.cloud.services.autoscaling.step import step

DEFAULTS = {
    "DefaultCooldown": 300, "HealthCheckType": "EC2", "HealthCheckGracePeriod": 0, "TerminationPolicies": ["Default"],
    "NewInstancesProtectedFromScaleIn": False, "CapacityRebalance": False,
}
KEPT = (*DEFAULTS, "DefaultInstanceWarmup", "MaxInstanceLifetime", "PlacementGroup", "Context", "MixedInstancesPolicy",
        "InstanceMaintenancePolicy", "AvailabilityZoneDistribution", "AvailabilityZoneImpairmentPolicy",
        "CapacityReservationSpecification", "DeletionProtection", "InstanceLifecyclePolicy", "SkipZonalShiftValidation")
LINKED_ROLE = "arn:aws:iam::{}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"


@ANSWERS("CreateAutoScalingGroup")
def create(call: Call) -> Reply:
    params, name = call.params, call.params["AutoScalingGroupName"]
    groups = groups_of(call.world, call.region)
    if name in groups:
        raise AwsError("AlreadyExists", f"AutoScalingGroup by this name already exists - A group with the name {name} "
                                        "already exists")
    subnets, zones = placement(call)
    minimum, maximum = params["MinSize"], params["MaxSize"]
    desired = params.get("DesiredCapacity", minimum)
    bounds(minimum, maximum, desired)
    arn = f"arn:aws:autoscaling:{call.region}:{call.account}:autoScalingGroup:{new_id()}:autoScalingGroupName/{name}"
    group = Group(name, arn, call.world.clock(), {**DEFAULTS, **call.names(*KEPT)}, template_of(call) or {}, subnets,
                  zones, minimum, maximum, desired)
    if not group.template:
        raise validation("Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or "
                         "MixedInstancesPolicy parameter.")
    _override(group)
    group.targets = _targets(call)
    group.tags = {t["Key"]: (t.get("Value", ""), bool(t.get("PropagateAtLaunch"))) for t in params.get("Tags", [])}
    group.hooks = {spec["LifecycleHookName"]: hook_from(spec)
                   for spec in params.get("LifecycleHookSpecificationList", [])}
    groups[name] = group
    step(Fleet(call.world, call.region), group)
    return {}


@ANSWERS("UpdateAutoScalingGroup")
def update(call: Call) -> Reply:
    group, params = group_of(call), call.params
    minimum, maximum = params.get("MinSize", group.minimum), params.get("MaxSize", group.maximum)
    # Without a desired capacity the old one gives way to the new bounds; a given one must lie within them.
    desired = params.get("DesiredCapacity", min(max(group.desired, minimum), max(minimum, maximum)))
    bounds(minimum, maximum, desired)
    template = template_of(call)
    if "VPCZoneIdentifier" in params or "AvailabilityZones" in params:
        group.subnets, group.zones = placement(call)
    group.minimum, group.maximum, group.desired = minimum, maximum, desired
    group.settings.update(call.names(*KEPT))
    if template:
        group.template = template
        group.settings.pop("MixedInstancesPolicy" if "LaunchTemplate" in params else "", None)
    _override(group)
    group.trouble = None
    step(Fleet(call.world, call.region), group)
    return {}


@ANSWERS("SetDesiredCapacity")
def set_desired(call: Call) -> Reply:
    group, wanted = group_of(call), call.params["DesiredCapacity"]
    if wanted > group.maximum:
        raise validation(f"New SetDesiredCapacity value {wanted} is above max value {group.maximum} for the "
                         "AutoScalingGroup.")
    if wanted < group.minimum:
        raise validation(f"New SetDesiredCapacity value {wanted} is below min value {group.minimum} for the "
                         "AutoScalingGroup.")
    group.desired = wanted
    step(Fleet(call.world, call.region), group)
    return {}


@ANSWERS("DeleteAutoScalingGroup")
def delete(call: Call) -> Reply:
    group = group_of(call)
    if not call.params.get("ForceDelete") and (group.members or group.desired):
        raise in_use("You cannot delete an AutoScalingGroup while there are instances or pending Spot instance "
                     "request(s) still in the group.")
    if group.refresh and not call.params.get("ForceDelete"):
        raise AwsError("ScalingActivityInProgress", "An instance refresh is in progress.")
    fleet = Fleet(call.world, call.region)
    group.deleting, group.minimum, group.desired = True, 0, 0
    group.suspended.clear()
    for member in list(group.members):
        fleet.deregister([member], group.targets)
        fleet.end(group, member)
    step(fleet, group)
    return {}


@ANSWERS("DescribeAutoScalingGroups")
def describe(call: Call) -> Reply:
    names = call.params.get("AutoScalingGroupNames") or []
    found = [g for g in groups_of(call.world, call.region).values() if not names or g.name in names]
    found = [g for g in found if all(_matches(g, f) for f in call.params.get("Filters") or [])]
    start, count = int(call.params.get("NextToken") or 0), call.params.get("MaxRecords") or 50
    reply: dict[str, Any] = {"AutoScalingGroups": [shown(g, call.account) for g in found[start:start + count]]}
    if start + count < len(found):
        reply["NextToken"] = str(start + count)
    return reply


def placement(call: Call) -> tuple[list[str], list[str]]:
    """The subnets to start instances in, and their zones."""
    subnets = [s for s in (call.params.get("VPCZoneIdentifier") or "").split(",") if s]
    if not subnets:
        raise validation("At least one Availability Zone or VPC Subnet is required; the rehearsal places instances in "
                         "subnets only.")
    try:
        found = call.ask("ec2", "DescribeSubnets", SubnetIds=subnets)["Subnets"]
    except AwsError as error:
        raise validation(error.message) from error
    zone_of = {s["SubnetId"]: s["AvailabilityZone"] for s in found}
    return subnets, sorted(set(zone_of.values()))


def template_of(call: Call) -> dict[str, str] | None:
    """The launch template that the parameters name, checked to exist."""
    mixed = call.params.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get("LaunchTemplateSpecification")
    named = call.params.get("LaunchTemplate") or mixed
    if not named:
        return None
    key = {k: named[k] for k in ("LaunchTemplateId", "LaunchTemplateName") if named.get(k)}
    version = {"Version": named["Version"]} if named.get("Version") else {}
    try:
        found = call.ask("ec2", "DescribeLaunchTemplateVersions", **key,
                         Versions=[named.get("Version") or "$Default"])["LaunchTemplateVersions"]
    except AwsError as error:
        raise validation(error.message) from error
    if not found:
        raise validation("You must use a valid fully-formed launch template. The specified launch template version "
                         "does not exist.")
    return {"LaunchTemplateId": found[0]["LaunchTemplateId"], "LaunchTemplateName": found[0]["LaunchTemplateName"],
            **version}


def _override(group: Group) -> None:
    overrides = (group.settings.get("MixedInstancesPolicy") or {}).get("LaunchTemplate", {}).get("Overrides") or [{}]
    group.settings["_InstanceType"] = overrides[0].get("InstanceType")


def _targets(call: Call) -> list[str]:
    sources = [s["Identifier"] for s in call.params.get("TrafficSources", []) if s.get("Type", "elbv2") == "elbv2"]
    arns = list(dict.fromkeys([*call.params.get("TargetGroupARNs", []), *sources]))
    if arns:
        try:
            call.ask("elbv2", "DescribeTargetGroups", TargetGroupArns=arns)
        except AwsError as error:
            raise validation(error.message) from error
    return arns


def _matches(group: Group, wanted: dict[str, Any]) -> bool:
    name, values = wanted["Name"], wanted.get("Values", [])
    if name == "tag-key":
        return any(key in values for key in group.tags)
    if name == "tag-value":
        return any(value in values for value, _ in group.tags.values())
    if name.startswith("tag:"):
        return name[4:] in group.tags and group.tags[name[4:]][0] in values
    raise validation(f"Filter type {name} is not correct. Allowed Filter types are: tag-key tag-value tag:<key>")


def shown(group: Group, account: str) -> dict[str, Any]:
    settings = {k: v for k, v in group.settings.items() if not k.startswith("_")}
    template = {} if "MixedInstancesPolicy" in settings else {"LaunchTemplate": group.template}
    return {
        **settings, **template, "AutoScalingGroupName": group.name, "AutoScalingGroupARN": group.arn,
        "MinSize": group.minimum, "MaxSize": group.maximum, "DesiredCapacity": group.desired,
        "AvailabilityZones": group.zones, "VPCZoneIdentifier": ",".join(group.subnets), "LoadBalancerNames": [],
        "TargetGroupARNs": group.targets, "CreatedTime": when(group.created),
        "TrafficSources": [{"Identifier": arn, "Type": "elbv2"} for arn in group.targets],
        "Instances": [shown_member(m) for m in group.members],
        "SuspendedProcesses": [{"ProcessName": name, "SuspensionReason": "User suspended"}
                               for name in sorted(group.suspended)],
        "EnabledMetrics": [{"Metric": m, "Granularity": "1Minute"} for m in group.metrics],
        "Tags": [tag(group, key) for key in sorted(group.tags)], "ServiceLinkedRoleARN": LINKED_ROLE.format(account),
        **({"Status": "Delete in progress"} if group.deleting else {}),
    }


def tag(group: Group, key: str) -> dict[str, Any]:
    value, propagated = group.tags[key]
    return {"ResourceId": group.name, "ResourceType": "auto-scaling-group", "Key": key, "Value": value,
            "PropagateAtLaunch": propagated}


def shown_member(member: Member) -> dict[str, Any]:
    return {"InstanceId": member.id, "InstanceType": member.type, "AvailabilityZone": member.zone,
            "LifecycleState": member.state, "HealthStatus": "Healthy" if member.healthy else "Unhealthy",
            "LaunchTemplate": member.template, "ProtectedFromScaleIn": member.protected}
