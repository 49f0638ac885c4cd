"""What Auto Scaling remembers of one region, and how clients name its parts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.cloud.answers import Answers, Call
from rehearsal.cloud.errors import AwsError, validation
from rehearsal.cloud.world import World

ANSWERS = Answers("autoscaling", alone=True)
ROOM = "autoscaling/"
LAUNCHING, TERMINATING = "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"
PROCESSES = ("Launch", "Terminate", "AddToLoadBalancer", "AlarmNotification", "AZRebalance", "HealthCheck",
             "InstanceRefresh", "ReplaceUnhealthy", "ScheduledActions")


@dataclass
class Member:
    """One instance of a group. `waits` holds the hooks that it waits for: name → (token, until)."""

    id: str
    zone: str
    subnet: str
    type: str
    template: dict[str, str]
    launched: float
    state: str = "Pending"
    healthy: bool = True
    protected: bool = False
    waits: dict[str, tuple[str, float]] = field(default_factory=dict)
    in_service_since: float | None = None

    @property
    def counts(self) -> bool:
        """Whether it is part of the capacity: not on its way out, not set aside."""
        return not self.state.startswith(("Terminating", "Detach", "Standby", "Entering"))


@dataclass
class Hook:
    name: str
    transition: str
    timeout: int = 3600
    default: str = "ABANDON"
    target: str | None = None
    role: str | None = None
    metadata: str | None = None


def hook_from(params: Mapping[str, Any], old: Hook | None = None) -> Hook:
    """As a request describes it; what it leaves out stays as it was."""
    name = params["LifecycleHookName"]
    transition = params.get("LifecycleTransition") or (old.transition if old else None)
    if transition not in (LAUNCHING, TERMINATING):
        raise validation(f"A lifecycle transition is required: one of [{LAUNCHING}, {TERMINATING}]")
    if params.get("DefaultResult", "ABANDON") not in ("CONTINUE", "ABANDON"):
        raise validation("Valid default results are: [CONTINUE, ABANDON]")
    base = old or Hook(name, transition)
    return Hook(name, transition, params.get("HeartbeatTimeout", base.timeout),
                params.get("DefaultResult", base.default), params.get("NotificationTargetARN", base.target) or None,
                params.get("RoleARN", base.role), params.get("NotificationMetadata", base.metadata))


@dataclass
class Policy:
    name: str
    arn: str
    settings: dict[str, Any]


@dataclass
class Refresh:
    id: str
    started: float
    strategy: str
    preferences: dict[str, Any]
    before: dict[str, str]              # the launch template to go back to
    wanted: dict[str, Any] | None       # DesiredConfiguration
    replace: list[str]                  # members still to be replaced
    total: int
    status: str = "Pending"
    reason: str | None = None
    ended: float | None = None
    expected: int = 0                   # members that stand in for those being replaced


@dataclass
class Group:
    name: str
    arn: str
    created: float
    settings: dict[str, Any]            # as clients give and get them: MinSize, HealthCheckType …
    template: dict[str, str]            # LaunchTemplateId, LaunchTemplateName, Version (as given: may be $Latest)
    subnets: list[str]
    zones: list[str]
    minimum: int
    maximum: int
    desired: int
    targets: list[str] = field(default_factory=list)
    tags: dict[str, tuple[str, bool]] = field(default_factory=dict)      # key → value, propagated at launch
    members: list[Member] = field(default_factory=list)
    hooks: dict[str, Hook] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)
    metrics: list[str] = field(default_factory=list)
    refreshes: list[Refresh] = field(default_factory=list)
    activities: list[dict[str, Any]] = field(default_factory=list)
    deleting: bool = False
    trouble: tuple[str, float] | None = None        # why the last launch failed, and when to try again

    def member(self, instance: str) -> Member | None:
        return next((m for m in self.members if m.id == instance), None)

    def runs(self, process: str) -> bool:
        return process not in self.suspended

    @property
    def refresh(self) -> Refresh | None:
        return next((r for r in self.refreshes if r.ended is None), None)


def groups_of(world: World, region: str) -> dict[str, Group]:
    return world.room(ROOM + region, dict[str, Group])


def group_of(call: Call, name: str | None = None) -> Group:
    wanted = name or call.params.get("AutoScalingGroupName") or ""
    group = groups_of(call.world, call.region).get(wanted)
    if group is None:
        raise validation("AutoScalingGroup name not found - null" if not wanted else
                         f"AutoScalingGroup name not found - AutoScalingGroup: {wanted}")
    return group


def owner_of(call: Call, instance: str) -> tuple[Group, Member]:
    for group in groups_of(call.world, call.region).values():
        if member := group.member(instance):
            return group, member
    raise validation(f"Instance Id not found - No managed instance found for instance ID: {instance}")


def in_use(message: str) -> AwsError:
    return AwsError("ResourceInUse", message)


def when(moment: float | None) -> datetime | None:
    return datetime.fromtimestamp(moment, UTC) if moment is not None else None


def new_id() -> str:
    return str(uuid.uuid4())


def note(group: Group, world: World, description: str, cause: str, status: str = "Successful",
         message: str = "") -> dict[str, Any]:
    """An entry of the group's history, newest first; AWS keeps six weeks of it, we keep a hundred."""
    now = when(world.clock())
    activity = {
        "ActivityId": new_id(), "AutoScalingGroupName": group.name, "AutoScalingGroupARN": group.arn,
        "Description": description, "Cause": cause, "StartTime": now, "EndTime": now, "StatusCode": status,
        "StatusMessage": message or None, "Progress": 100, "Details": "{}",
    }
    group.activities = [activity, *group.activities][:100]
    return activity
