"""The state machine under 300,000 random steps, and proof that the rules would notice a broken one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from rehearsal.codedeploy.machine import Decision, Deployment, decide
from rehearsal.codedeploy.machine.effects import RollBack
from rehearsal.codedeploy.machine.signals import CommandAccepted, CommandOffered, Health, Signal, Tick, TrafficSeen
from rehearsal.codedeploy.machine.state import Stage, Step

from .walk import walk

STEPS = 75_000
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_random_walks_break_no_rule(part: int) -> None:
    """Four times 75,000 steps, so that they can run side by side; the seed of a failure is in its message."""
    steps, seed = 0, part
    ends: Counter[str] = Counter()
    while steps < STEPS:
        way = walk(seed)
        steps += way.walked
        ends[f"{way.plan.kind} {way.deployment.status}"] += 1
        seed += PARTS
    for kind in ("in-place", "blue-green", "blue-green-rollback"):
        for status in ("Succeeded", "Failed", "Stopped"):
            assert ends[f"{kind} {status}"] > 0, f"the walks never saw {kind} {status}: {ends}"


def no_floor(before: Deployment, signals: Sequence[Signal], now: float) -> Decision:
    return decide(replace(before, floor=0), signals, now)


def believes_in_initial(before: Deployment, signals: Sequence[Signal], now: float) -> Decision:
    """Takes a target that is still being checked for a healthy one."""
    healthy = [
        TrafficSeen(s.at, {name: Health("healthy") if h.state == "initial" else h for name, h in s.hosts.items()})
        if isinstance(s, TrafficSeen)
        else s
        for s in signals
    ]
    return decide(before, healthy, now)


def accepts_twice(before: Deployment, signals: Sequence[Signal], now: float) -> Decision:
    """Lets the latest acknowledgement win instead of the first."""
    for signal in signals:
        target = before.targets.get(signal.target) if isinstance(signal, CommandAccepted) else None
        event = target.running if target else None
        if target and event and isinstance(signal, CommandAccepted) and event.accepted:
            events = [replace(e, accepted=signal.offer) if e is event else e for e in target.events]
            forged = replace(target, events=tuple(events))
            return Decision(replace(before, targets={**before.targets, target.id: forged}), ())
        if target and event and isinstance(signal, CommandAccepted):
            return decide(before, [*signals, CommandOffered(target.id)], now)
    return decide(before, signals, now)


def never_late(before: Deployment, signals: Sequence[Signal], now: float) -> Decision:
    limits = replace(
        before.plan.limits, event=1e12, start=1e12, traffic=1e12, deployment=1e12, silence=1e12, absence=1e12
    )
    return decide(replace(before, plan=replace(before.plan, limits=limits)), signals, now)


def hasty_blue(before: Deployment, signals: Sequence[Signal], now: float) -> Decision:
    """Takes blue out of traffic before green is in."""
    stages = tuple(Stage(Step.WAVE, "Blue", paced=False, tolerant=False) for _ in before.plan.stages)
    if before.plan.kind != "blue-green":
        return decide(before, signals, now)
    return decide(replace(before, plan=replace(before.plan, stages=stages)), signals, now)


def rolls_back_at_once(before: Deployment, signals: Sequence[Signal], now: float) -> Decision:
    done = decide(before, signals, now)
    early = before.touched and not before.over and isinstance(signals[0], Tick)
    return replace(done, effects=(*done.effects, RollBack("DEPLOYMENT_FAILURE"))) if early else done


BROKEN = (no_floor, believes_in_initial, accepts_twice, never_late, hasty_blue, rolls_back_at_once)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda machine: str(machine.__name__))
def test_the_rules_notice_a_broken_machine(broken: Callable[..., Decision]) -> None:
    with pytest.raises(AssertionError, match="seed"):
        walk_many(broken)


def walk_many(machine: Callable[..., Decision]) -> None:
    for seed in range(300):
        walk(seed, machine)
