"""Random deployments for the walk: kinds, sizes, minimums, stages."""

from __future__ import annotations

import random

from rehearsal.codedeploy.engine.plans import Tuning, make_plan
from rehearsal.codedeploy.machine import Plan
from rehearsal.codedeploy.machine.lifecycle import BLUE, GREEN, Kind
from rehearsal.codedeploy.machine.minimum import Minimum
from rehearsal.codedeploy.machine.signals import Found, TargetsFound

KINDS = ("in place", "in place", "balanced", "balanced", "blue/green", "back to blue")
EVENTS = ("DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST")


def random_plan(dice: random.Random) -> tuple[Plan, TargetsFound]:
    """A plan as the service itself makes it, and the hosts that it is for."""
    kind = dice.choice(KINDS)
    request = {
        "creator": "codeDeployRollback" if kind == "back to blue" else "user",
        "ignoreApplicationStopFailures": dice.random() < 0.5,
        "autoRollbackConfiguration": {
            "enabled": dice.random() < 0.7,
            "events": [e for e in EVENTS if dice.random() < 0.5],
        },
        "alarmConfiguration": {"enabled": dice.random() < 0.5, "alarms": [{"name": "latency"}]},
        "deploymentStyle": {
            "deploymentType": "IN_PLACE" if "in place" in kind or kind == "balanced" else "BLUE_GREEN",
            "deploymentOption": "WITHOUT_TRAFFIC_CONTROL" if kind == "in place" else "WITH_TRAFFIC_CONTROL",
        },
        "loadBalancerInfo": {"targetGroupInfoList": [{"name": "web"}]},
        "blueGreenDeploymentConfiguration": blue_green(dice),
    }
    plan = make_plan("d-WALK00001", request, random_minimum(dice), Tuning())
    return plan, TargetsFound(tuple(hosts(dice, plan.kind, balanced=kind != "in place")))


def blue_green(dice: random.Random) -> dict[str, object]:
    ready = dice.choice(("CONTINUE_DEPLOYMENT", "STOP_DEPLOYMENT"))
    end = dice.choice(("KEEP_ALIVE", "TERMINATE"))
    return {
        "deploymentReadyOption": {"actionOnTimeout": ready, "waitTimeInMinutes": dice.choice((1, 60))},
        "terminateBlueInstancesOnDeploymentSuccess": {
            "action": end,
            "terminationWaitTimeInMinutes": dice.choice((0, 5, 2880)),
        },
    }


def random_minimum(dice: random.Random) -> Minimum:
    kind = dice.choice(("HOST_COUNT", "FLEET_PERCENT", "MOST_CONCURRENCY"))
    if kind == "FLEET_PERCENT":
        return Minimum(kind, dice.choice((0, 0, 25, 50, 50, 75, 99)))
    return Minimum(kind, 1 if kind == "MOST_CONCURRENCY" else dice.choice((0, 0, 1, 2, 3)))


def hosts(dice: random.Random, kind: Kind, *, balanced: bool) -> list[Found]:
    size = dice.choice((1, 2, 2, 3, 3, 4, 6))
    if kind is Kind.IN_PLACE:
        return [Found(f"i-{number}", "", balanced) for number in range(size)]
    blue = dice.choice((0, 1, size))
    return [Found(f"i-g{n}", GREEN, True) for n in range(size)] + [Found(f"i-b{n}", BLUE, True) for n in range(blue)]
