"""From a request to a plan: stages, limits, and the scale of time."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.codedeploy.engine.observe import combined
from rehearsal.codedeploy.engine.plans import Tuning, make_plan
from rehearsal.codedeploy.machine.lifecycle import Kind, sequence
from rehearsal.codedeploy.machine.minimum import Minimum
from rehearsal.codedeploy.machine.signals import Health
from rehearsal.codedeploy.machine.state import Limits, Step

HALF = Minimum("FLEET_PERCENT", 50)


def request(**members: Any) -> dict[str, Any]:
    style = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
    balancers = {"targetGroupInfoList": [{"name": "web"}]}
    return {"creator": "user", "deploymentStyle": style, "loadBalancerInfo": balancers, **members}


def blue_green(ready: str = "CONTINUE_DEPLOYMENT", end: str = "KEEP_ALIVE") -> dict[str, Any]:
    return {
        "deploymentReadyOption": {"actionOnTimeout": ready, "waitTimeInMinutes": 30},
        "terminateBlueInstancesOnDeploymentSuccess": {"action": end, "terminationWaitTimeInMinutes": 60},
    }


def test_the_stages_of_blue_green() -> None:
    config = blue_green("STOP_DEPLOYMENT", "TERMINATE")
    plan = make_plan("d-1", request(blueGreenDeploymentConfiguration=config), HALF, Tuning())
    assert [(stage.step, stage.colour, stage.seconds) for stage in plan.stages] == [
        (Step.WAVE, "Green", 0),
        (Step.READY_WAIT, "", 1800),
        (Step.WAVE, "Green", 0),
        (Step.WAVE, "Blue", 0),
        (Step.TERMINATION_WAIT, "", 3600),
        (Step.TERMINATE, "", 0),
    ]
    short = make_plan("d-1", request(blueGreenDeploymentConfiguration=blue_green()), HALF, Tuning())
    assert [stage.step for stage in short.stages] == [Step.WAVE] * 3


def test_a_time_scale_divides_aws_durations_and_not_the_rehearsals_own() -> None:
    config = blue_green("STOP_DEPLOYMENT", "TERMINATE")
    plan = make_plan("d-1", request(blueGreenDeploymentConfiguration=config), HALF, Tuning(scale=60.0))
    assert [stage.seconds for stage in plan.stages if stage.seconds] == [30, 60]
    assert (plan.limits.event, plan.limits.start, plan.limits.traffic) == (60, 5, 60)
    assert plan.limits.deployment == 109 * 60
    assert (plan.limits.silence, plan.limits.absence) == (Limits().silence, Limits().absence)


@pytest.mark.parametrize("creator", ["codeDeployRollback", "autoscaling"])
def test_what_undoes_or_launches_is_neither_stopped_by_alarms_nor_rolled_back(creator: str) -> None:
    asked = request(
        creator=creator,
        alarmConfiguration={"enabled": True, "alarms": [{"name": "latency"}]},
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
    )
    plan = make_plan("d-1", asked, HALF, Tuning())
    assert (plan.alarms, plan.rollback_on) == ((), ())


@pytest.mark.parametrize(
    ("kind", "colour", "balanced", "first", "last", "count"),
    [
        (Kind.IN_PLACE, "", False, "ApplicationStop", "ValidateService", 7),
        (Kind.IN_PLACE, "", True, "BeforeBlockTraffic", "AfterAllowTraffic", 13),
        (Kind.BLUE_GREEN, "Green", True, "ApplicationStop", "AfterAllowTraffic", 10),
        (Kind.BLUE_GREEN, "Blue", True, "BeforeBlockTraffic", "AfterBlockTraffic", 3),
        (Kind.BLUE_GREEN_ROLLBACK, "Blue", True, "BeforeAllowTraffic", "AfterAllowTraffic", 3),
        (Kind.BLUE_GREEN_ROLLBACK, "Green", True, "BeforeBlockTraffic", "AfterBlockTraffic", 3),
    ],
)
def test_which_events_whom(kind: Kind, colour: str, balanced: bool, first: str, last: str, count: int) -> None:
    names = sequence(kind, colour, balanced=balanced)
    assert (names[0], names[-1], len(names)) == (first, last, count)


@pytest.mark.parametrize(
    ("event", "seen", "expected"),
    [
        ("BlockTraffic", ("absent", "absent"), "absent"),
        ("BlockTraffic", ("absent", "healthy"), "healthy"),
        ("BlockTraffic", ("draining", "absent"), "draining"),
        ("AllowTraffic", ("healthy", "healthy"), "healthy"),
        ("AllowTraffic", ("healthy", "initial"), "initial"),
        ("AllowTraffic", ("absent", "healthy"), "absent"),
    ],
)
def test_with_several_target_groups_all_of_them_count(event: str, seen: tuple[str, ...], expected: str) -> None:
    assert combined(event, [Health(state) for state in seen]).state == expected
