"""What a group does by itself can be suspended, process by process; and which of its metrics are collected."""

from __future__ import annotations

from rehearsal.cloud.answers import Call, Reply
from rehearsal.cloud.errors import validation
from rehearsal.cloud.services.autoscaling.fleet import Fleet
from rehearsal.cloud.services.autoscaling.model import ANSWERS, PROCESSES, group_of
from rehearsal.cloud.services.autoscaling.step import step

METRICS = ("GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances",
           "GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances", "GroupInServiceCapacity",
           "GroupPendingCapacity", "GroupStandbyCapacity", "GroupTerminatingCapacity", "GroupTotalCapacity",
           "WarmPoolDesiredCapacity", "WarmPoolWarmedCapacity", "WarmPoolPendingCapacity",
           "WarmPoolTerminatingCapacity", "WarmPoolTotalCapacity", "GroupAndWarmPoolDesiredCapacity",
           "GroupAndWarmPoolTotalCapacity")


@ANSWERS("SuspendProcesses")
def suspend(call: Call) -> Reply:
    group_of(call).suspended |= _named(call)
    return {}


@ANSWERS("ResumeProcesses")
def resume(call: Call) -> Reply:
    group = group_of(call)
    group.suspended -= _named(call)
    step(Fleet(call.world, call.region), group)
    return {}


def _named(call: Call) -> set[str]:
    wanted = call.params.get("ScalingProcesses") or PROCESSES
    unknown = [name for name in wanted if name not in PROCESSES]
    if unknown:
        raise validation(f"Invalid process types: [{', '.join(unknown)}]. Valid ones are [{', '.join(PROCESSES)}]")
    return set(wanted)


@ANSWERS("DescribeScalingProcessTypes")
def process_types(call: Call) -> Reply:
    return {"Processes": [{"ProcessName": name} for name in sorted(PROCESSES)]}


@ANSWERS("EnableMetricsCollection")
def enable_metrics(call: Call) -> Reply:
    group, wanted = group_of(call), call.params.get("Metrics") or [*METRICS]
    unknown = [name for name in wanted if name not in METRICS]
    if unknown:
        raise validation(f"Invalid metrics: [{', '.join(unknown)}]")
    group.metrics = sorted({*group.metrics, *wanted})
    return {}


@ANSWERS("DisableMetricsCollection")
def disable_metrics(call: Call) -> Reply:
    group, wanted = group_of(call), call.params.get("Metrics")
    group.metrics = [name for name in group.metrics if wanted and name not in wanted]
    return {}


@ANSWERS("DescribeWarmPool")
def warm_pool(call: Call) -> Reply:
    """There is none; clients ask all the same when they delete a group."""
    group_of(call)
    return {"Instances": []}


@ANSWERS("DescribeLoadBalancers")
def classic_balancers(call: Call) -> Reply:
    group_of(call)
    return {"LoadBalancers": []}


@ANSWERS("DescribeNotificationConfigurations")
def notifications(call: Call) -> Reply:
    return {"NotificationConfigurations": []}


@ANSWERS("DescribeScheduledActions")
def scheduled(call: Call) -> Reply:
    return {"ScheduledUpdateGroupActions": []}
