"""Which target groups a group's instances are registered with; "traffic sources" are the same by a newer name."""

from __future__ import annotations

from rehearsal.cloud.answers import Call, Reply
from rehearsal.cloud.errors import AwsError, validation
from rehearsal.cloud.services.autoscaling.fleet import Fleet
from rehearsal.cloud.services.autoscaling.model import ANSWERS, Group, Member, group_of


@ANSWERS("AttachLoadBalancerTargetGroups")
def attach(call: Call) -> Reply:
    return _attach(call, call.params["TargetGroupARNs"])


@ANSWERS("AttachTrafficSources")
def attach_sources(call: Call) -> Reply:
    return _attach(call, [source["Identifier"] for source in call.params["TrafficSources"]])


@ANSWERS("DetachLoadBalancerTargetGroups")
def detach(call: Call) -> Reply:
    return _detach(call, call.params["TargetGroupARNs"])


@ANSWERS("DetachTrafficSources")
def detach_sources(call: Call) -> Reply:
    return _detach(call, [source["Identifier"] for source in call.params["TrafficSources"]])


@ANSWERS("DescribeLoadBalancerTargetGroups")
def describe(call: Call) -> Reply:
    group = group_of(call)
    state = "InService" if group.runs("AddToLoadBalancer") else "Added"
    return {"LoadBalancerTargetGroups": [{"LoadBalancerTargetGroupARN": arn, "State": state} for arn in group.targets]}


@ANSWERS("DescribeTrafficSources")
def describe_sources(call: Call) -> Reply:
    group = group_of(call)
    kind = call.params.get("TrafficSourceType")
    rows = [{"TrafficSource": arn, "Identifier": arn, "Type": "elbv2", "State": "InService"} for arn in group.targets]
    return {"TrafficSources": rows if kind in (None, "elbv2") else []}


def _attach(call: Call, arns: list[str]) -> Reply:
    group, fleet = group_of(call), Fleet(call.world, call.region)
    new = [arn for arn in arns if arn not in group.targets]
    try:
        if new:
            call.ask("elbv2", "DescribeTargetGroups", TargetGroupArns=new)
    except AwsError as error:
        raise validation(error.message) from error
    group.targets.extend(new)
    if group.runs("AddToLoadBalancer"):
        fleet.register(group, in_service(group), new)
    return {}


def _detach(call: Call, arns: list[str]) -> Reply:
    group, fleet = group_of(call), Fleet(call.world, call.region)
    unknown = [arn for arn in arns if arn not in group.targets]
    if unknown:
        raise validation(f"Trying to remove Target Groups that are not part of the group: {', '.join(unknown)}")
    fleet.deregister(in_service(group), arns)
    group.targets = [arn for arn in group.targets if arn not in arns]
    return {}


def in_service(group: Group) -> list[Member]:
    return [m for m in group.members if m.state == "InService"]
