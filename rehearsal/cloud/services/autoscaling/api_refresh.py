"""Instance refresh: start, show, cancel, go back."""

from __future__ import annotations

from typing import Any

from rehearsal.cloud.answers import Call, Reply
from rehearsal.cloud.errors import AwsError, validation
from rehearsal.cloud.services.autoscaling.fleet import Fleet
from rehearsal.cloud.services.autoscaling.model import ANSWERS, Group, Refresh, group_of, new_id, when
from rehearsal.cloud.services.autoscaling.refreshes import finish, progress, to_replace


@ANSWERS("StartInstanceRefresh")
def start(call: Call) -> Reply:
    group, params = group_of(call), call.params
    if group.refresh:
        raise AwsError("InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the "
                                                    f"execution of this Instance Refresh: {group.refresh.id}")
    preferences = dict(params.get("Preferences") or {})
    _check(preferences)
    fleet, before = Fleet(call.world, call.region), dict(group.template)
    desired = (params.get("DesiredConfiguration") or {}).get("LaunchTemplate")
    target = fleet.resolve({**group.template, **desired} if desired else group.template)
    if desired:
        group.template = {**group.template, **desired}
    stale = to_replace(group, target, skip_matching=bool(preferences.get("SkipMatching")))
    refresh = Refresh(new_id(), call.world.clock(), params.get("Strategy", "Rolling"), preferences, before,
                      params.get("DesiredConfiguration"), stale, len(stale))
    group.refreshes.insert(0, refresh)
    return {"InstanceRefreshId": refresh.id}


def _check(preferences: dict[str, Any]) -> None:
    low, high = preferences.get("MinHealthyPercentage", 90), preferences.get("MaxHealthyPercentage")
    if not 0 <= low <= 100:
        raise validation("MinHealthyPercentage must be between 0 and 100")
    if high is not None and "MinHealthyPercentage" not in preferences:
        raise validation("MaxHealthyPercentage needs MinHealthyPercentage")
    if high is not None and not (100 <= high <= 200 and high - low <= 100):
        raise validation("MaxHealthyPercentage must be between 100 and 200 and at most 100 above MinHealthyPercentage")


@ANSWERS("DescribeInstanceRefreshes")
def describe(call: Call) -> Reply:
    group, wanted = group_of(call), call.params.get("InstanceRefreshIds")
    rows = [shown(group, r) for r in group.refreshes if not wanted or r.id in wanted]
    if wanted and not rows:
        raise validation(f"Instance refresh id not found - {', '.join(wanted)}")
    return {"InstanceRefreshes": rows[:call.params.get("MaxRecords") or 50]}


@ANSWERS("CancelInstanceRefresh")
def cancel(call: Call) -> Reply:
    """What is replaced stays replaced; nothing more is."""
    group = group_of(call)
    refresh = _active(group)
    finish(Fleet(call.world, call.region), refresh, "Cancelled", "Cancelled due to user request.")
    return {"InstanceRefreshId": refresh.id}


@ANSWERS("RollbackInstanceRefresh")
def roll_back(call: Call) -> Reply:
    group, fleet = group_of(call), Fleet(call.world, call.region)
    refresh = _active(group)
    if refresh.wanted is None:
        raise AwsError("IrreversibleInstanceRefresh", "Desired configuration was not set for this instance refresh")
    group.template = dict(refresh.before)
    refresh.status, refresh.expected = "RollbackInProgress", 0
    refresh.replace = to_replace(group, fleet.resolve(group.template), skip_matching=True)
    refresh.total = len(refresh.replace)
    return {"InstanceRefreshId": refresh.id}


def _active(group: Group) -> Refresh:
    if group.refresh is None:
        raise AwsError("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found for Auto "
                                                        f"Scaling group {group.name}")
    return group.refresh


def shown(group: Group, refresh: Refresh) -> dict[str, Any]:
    percent, left = progress(group, refresh)
    row = {"InstanceRefreshId": refresh.id, "AutoScalingGroupName": group.name, "Status": refresh.status,
           "StatusReason": refresh.reason, "StartTime": when(refresh.started), "EndTime": when(refresh.ended),
           "PercentageComplete": percent, "InstancesToUpdate": left, "Preferences": refresh.preferences,
           "DesiredConfiguration": refresh.wanted, "Strategy": refresh.strategy}
    return {key: value for key, value in row.items() if value is not None}
