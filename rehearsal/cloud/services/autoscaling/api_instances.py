"""The instances of groups: show, end, protect, set aside, call sick; and a group's history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.cloud.answers import Call, Reply
from rehearsal.cloud.errors import validation
from rehearsal.cloud.services.autoscaling.api_groups import shown_member
from rehearsal.cloud.services.autoscaling.fleet import Fleet
from rehearsal.cloud.services.autoscaling.model import ANSWERS, Group, Member, group_of, groups_of, note, owner_of
from rehearsal.cloud.services.autoscaling.step import step


@ANSWERS("DescribeAutoScalingInstances")
def describe(call: Call) -> Reply:
    wanted = call.params.get("InstanceIds")
    rows = [{**shown_member(m), "AutoScalingGroupName": g.name, "HealthStatus": shown_member(m)["HealthStatus"].upper()}
            for g in groups_of(call.world, call.region).values() for m in g.members if not wanted or m.id in wanted]
    return {"AutoScalingInstances": rows}


@ANSWERS("TerminateInstanceInAutoScalingGroup")
def terminate(call: Call) -> Reply:
    group, member = owner_of(call, call.params["InstanceId"])
    _shrink(group, 1, call.params["ShouldDecrementDesiredCapacity"])
    fleet = Fleet(call.world, call.region)
    fleet.begin_end(group, member, "instance was taken out of service in response to a user request")
    activity = group.activities[0]
    step(fleet, group)
    return {"Activity": activity}


@ANSWERS("SetInstanceHealth")
def set_health(call: Call) -> Reply:
    group, member = owner_of(call, call.params["InstanceId"])
    status = call.params["HealthStatus"]
    if status not in ("Healthy", "Unhealthy"):
        raise validation("Valid instance health states are: [Healthy, Unhealthy].")
    member.healthy = status == "Healthy"
    step(Fleet(call.world, call.region), group)
    return {}


@ANSWERS("SetInstanceProtection")
def protect(call: Call) -> Reply:
    group = group_of(call)
    for member in _members(group, call):
        member.protected = call.params["ProtectedFromScaleIn"]
    return {}


@ANSWERS("EnterStandby")
def enter_standby(call: Call) -> Reply:
    def aside(fleet: Fleet, group: Group, member: Member) -> dict[str, Any]:
        fleet.deregister([member], group.targets)
        member.state = "Standby"
        return note(group, call.world, f"Moving EC2 instance to Standby: {member.id}", "a user's request")
    return _leaving(call, aside)


@ANSWERS("DetachInstances")
def detach(call: Call) -> Reply:
    def away(fleet: Fleet, group: Group, member: Member) -> dict[str, Any]:
        fleet.deregister([member], group.targets)
        group.members.remove(member)
        return note(group, call.world, f"Detaching EC2 instance: {member.id}", "a user's request")
    return _leaving(call, away)


@ANSWERS("ExitStandby")
def exit_standby(call: Call) -> Reply:
    group, fleet = group_of(call), Fleet(call.world, call.region)
    members = _members(group, call)
    if group.desired + len(members) > group.maximum:
        raise validation(f"AutoScalingGroup {group.name} has max-size={group.maximum}; this would exceed it.")
    group.desired += len(members)
    activities = []
    for member in members:
        fleet.serve(group, member)
        told = note(group, call.world, f"Moving EC2 instance out of Standby: {member.id}", "a user's request")
        activities.append(told)
    return {"Activities": activities}


@ANSWERS("DescribeScalingActivities")
def activities(call: Call) -> Reply:
    groups = [group_of(call)] if call.params.get("AutoScalingGroupName") else \
        list(groups_of(call.world, call.region).values())
    wanted = call.params.get("ActivityIds")
    rows = [a for g in groups for a in g.activities if not wanted or a["ActivityId"] in wanted]
    rows.sort(key=lambda a: a["StartTime"], reverse=True)
    return {"Activities": rows[:call.params.get("MaxRecords") or 100]}


def _leaving(call: Call, leave: Callable[[Fleet, Group, Member], dict[str, Any]]) -> Reply:
    group, fleet = group_of(call), Fleet(call.world, call.region)
    members = _members(group, call)
    _shrink(group, len(members), call.params["ShouldDecrementDesiredCapacity"])
    activities = [leave(fleet, group, member) for member in members]
    step(fleet, group)
    return {"Activities": activities}


def _members(group: Group, call: Call) -> list[Member]:
    found = [owner_of(call, instance) for instance in call.params.get("InstanceIds", [])]
    for owner, member in found:
        if owner is not group:
            raise validation(f"The instance {member.id} is not part of Auto Scaling group {group.name}.")
    return [member for _, member in found]


def _shrink(group: Group, count: int, wanted: bool) -> None:
    if not wanted:
        return
    if group.desired - count < group.minimum:
        raise validation(f"Currently, desiredSize equals minSize ({group.minimum}). Terminating instance without "
                         "replacement will violate group's min size constraint. Either set "
                         "shouldDecrementDesiredCapacity flag to false or lower group's min size.")
    group.desired -= count
