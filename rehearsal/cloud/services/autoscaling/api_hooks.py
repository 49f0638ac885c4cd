"""Lifecycle hooks: what makes an instance wait on its way in or out, and who lets it go on."""

from __future__ import annotations

from typing import Any

from rehearsal.cloud.answers import Call, Reply
from rehearsal.cloud.errors import validation
from rehearsal.cloud.services.autoscaling.fleet import Fleet
from rehearsal.cloud.services.autoscaling.model import (
    ANSWERS,
    LAUNCHING,
    TERMINATING,
    Group,
    Hook,
    Member,
    group_of,
    hook_from,
)
from rehearsal.cloud.services.autoscaling.step import complete, step

LONGEST = 172800        # seconds that hooks may hold an instance altogether


@ANSWERS("PutLifecycleHook")
def put(call: Call) -> Reply:
    group, name = group_of(call), call.params["LifecycleHookName"]
    group.hooks[name] = hook_from(call.params, group.hooks.get(name))
    return {}


@ANSWERS("DescribeLifecycleHooks")
def describe(call: Call) -> Reply:
    group, wanted = group_of(call), call.params.get("LifecycleHookNames")
    hooks = [hook for hook in group.hooks.values() if not wanted or hook.name in wanted]
    return {"LifecycleHooks": [shown(group, hook) for hook in hooks]}


@ANSWERS("DeleteLifecycleHook")
def delete(call: Call) -> Reply:
    """As AWS does: what waits for this hook alone goes on as if it had been abandoned or continued by default."""
    group = group_of(call)
    hook = group.hooks.pop(call.params["LifecycleHookName"], None)
    if hook is None:
        raise validation("No Lifecycle Hook found")
    fleet = Fleet(call.world, call.region)
    for member in [m for m in group.members if hook.name in m.waits]:
        complete(fleet, group, member, hook.name, "CONTINUE")
    step(fleet, group)
    return {}


@ANSWERS("DescribeLifecycleHookTypes")
def types(call: Call) -> Reply:
    return {"LifecycleHookTypes": [LAUNCHING, TERMINATING]}


@ANSWERS("CompleteLifecycleAction")
def complete_action(call: Call) -> Reply:
    result = call.params["LifecycleActionResult"]
    if result not in ("CONTINUE", "ABANDON"):
        raise validation("Valid lifecycle action results are: [CONTINUE, ABANDON]")
    group, member = _waiting(call)
    fleet = Fleet(call.world, call.region)
    complete(fleet, group, member, call.params["LifecycleHookName"], result)
    step(fleet, group)
    return {}


@ANSWERS("RecordLifecycleActionHeartbeat")
def heartbeat(call: Call) -> Reply:
    group, member = _waiting(call)
    hook = group.hooks[call.params["LifecycleHookName"]]
    member.waits[hook.name] = (member.waits[hook.name][0], call.world.clock() + hook.timeout)
    return {}


def _waiting(call: Call) -> tuple[Group, Member]:
    group, name = group_of(call), call.params["LifecycleHookName"]
    token, instance = call.params.get("LifecycleActionToken"), call.params.get("InstanceId")
    for member in group.members:
        if name in member.waits and (member.id == instance or (token and member.waits[name][0] == token)):
            return group, member
    raise validation(f"No active Lifecycle Action found with instance ID {instance}" if instance else
                     f"No active Lifecycle Action found with token {token}")


def shown(group: Group, hook: Hook) -> dict[str, Any]:
    found = {"LifecycleHookName": hook.name, "AutoScalingGroupName": group.name, "LifecycleTransition": hook.transition,
             "HeartbeatTimeout": hook.timeout, "GlobalTimeout": min(LONGEST, hook.timeout * 100),
             "DefaultResult": hook.default, "NotificationTargetARN": hook.target, "RoleARN": hook.role,
             "NotificationMetadata": hook.metadata}
    return {key: value for key, value in found.items() if value is not None}
