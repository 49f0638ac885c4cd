"""From what was asked for to the machine's plan: pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ..machine.lifecycle import BLUE, GREEN, INSTALL, Kind
from ..machine.minimum import NONE, Minimum
from ..machine.state import DAY, Limits, Plan, Stage, Step

IN_PLACE = (Stage(Step.WAVE),)
BACK_TO_BLUE = (Stage(Step.WAVE, BLUE, paced=False), Stage(Step.WAVE, GREEN, paced=False, tolerant=False))
BLUE_GREEN_LIMIT = 109 * 3600.0
MINUTE = 60.0

LAUNCH = "autoscaling"
FOLLOW_ON = "CodeDeployAutoUpdate"
ROLLBACK = "codeDeployRollback"


@dataclass(frozen=True, slots=True)
class Tuning:
    """The service's own settings; `scale` divides every AWS duration."""

    limits: Limits = field(default_factory=Limits)
    scale: float = 1.0
    region: str = "ap-northeast-2"
    account: str = "123456789012"


def make_plan(deployment_id: str, request: dict[str, Any], minimum: Minimum, tuning: Tuning) -> Plan:
    kind = kind_of(request)
    limits = tuning.limits.scaled(tuning.scale)
    launch = request["creator"] == LAUNCH
    alarms = request.get("alarmConfiguration") or {}
    watch = alarms.get("enabled") and request["creator"] not in (ROLLBACK, LAUNCH)
    return Plan(
        deployment_id=deployment_id,
        kind=kind,
        stages=_stages(kind, request, tuning.scale),
        minimum=NONE if launch else minimum,
        ignore_stop_failures=bool(request.get("ignoreApplicationStopFailures")),
        rollback_on=_rollback_on(request),
        target_groups=() if launch else target_groups(request),
        alarms=tuple(alarm["name"] for alarm in alarms.get("alarms") or ()) if watch else (),
        ignore_alarm_failure=bool(alarms.get("ignorePollAlarmFailure")),
        clamp_minimum=request["creator"] == FOLLOW_ON or kind is Kind.BLUE_GREEN_ROLLBACK,
        limits=limits if kind is Kind.IN_PLACE else replace(limits, deployment=BLUE_GREEN_LIMIT / tuning.scale),
    )


def kind_of(request: dict[str, Any]) -> Kind:
    if (request.get("deploymentStyle") or {}).get("deploymentType") != "BLUE_GREEN" or request["creator"] in (
        LAUNCH,
        FOLLOW_ON,
    ):
        return Kind.IN_PLACE
    return Kind.BLUE_GREEN_ROLLBACK if request["creator"] == ROLLBACK else Kind.BLUE_GREEN


def target_groups(request: dict[str, Any]) -> tuple[str, ...]:
    """The target groups to move traffic on; none without traffic control."""
    style = request.get("deploymentStyle") or {}
    if style.get("deploymentOption") != "WITH_TRAFFIC_CONTROL":
        return ()
    listed = (request.get("loadBalancerInfo") or {}).get("targetGroupInfoList") or ()
    return tuple(each["name"] for each in listed)


def _rollback_on(request: dict[str, Any]) -> tuple[str, ...]:
    config = request.get("autoRollbackConfiguration") or {}
    if not config.get("enabled") or request["creator"] in (ROLLBACK, LAUNCH, FOLLOW_ON):
        return ()
    return tuple(config.get("events") or ())


def _stages(kind: Kind, request: dict[str, Any], scale: float) -> tuple[Stage, ...]:
    if kind is Kind.IN_PLACE:
        return IN_PLACE
    if kind is Kind.BLUE_GREEN_ROLLBACK:
        return BACK_TO_BLUE
    config = request.get("blueGreenDeploymentConfiguration") or {}
    stages = [Stage(Step.WAVE, GREEN, last=INSTALL[-1])]
    ready = config.get("deploymentReadyOption") or {}
    if ready.get("actionOnTimeout") == "STOP_DEPLOYMENT":
        stages.append(Stage(Step.READY_WAIT, seconds=ready.get("waitTimeInMinutes", 0) * MINUTE / scale))
    stages += [Stage(Step.WAVE, GREEN), Stage(Step.WAVE, BLUE, paced=False, tolerant=False)]
    end = config.get("terminateBlueInstancesOnDeploymentSuccess") or {}
    if end.get("action", "TERMINATE") == "TERMINATE":
        wait = end.get("terminationWaitTimeInMinutes", 0) * MINUTE / scale
        stages += [Stage(Step.TERMINATION_WAIT, seconds=min(wait, 2 * DAY)), Stage(Step.TERMINATE)]
    return tuple(stages)
