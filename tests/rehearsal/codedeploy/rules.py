"""What must hold after every single step of a walk, worked out anew rather than with the machine's own functions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from rehearsal.codedeploy.machine import Decision, Deployment, Phase, Status, Target
from rehearsal.codedeploy.machine.effects import Deregister, RollBack
from rehearsal.codedeploy.machine.lifecycle import BLUE, FORGIVABLE, GREEN, RUN_BY_SERVICE, Kind
from rehearsal.codedeploy.machine.minimum import Minimum
from rehearsal.codedeploy.machine.state import Step

if TYPE_CHECKING:
    from .walk import Walk

ENDED = {Phase.SUCCEEDED, Phase.FAILED, Phase.SKIPPED, Phase.UNKNOWN}


def check(walk: Walk, before: Deployment, decision: Decision) -> None:
    after = decision.deployment
    said = f"seed {walk.seed}, step {walk.steps}, after:\n  " + "\n  ".join(walk.trace)
    if before.over:
        assert after is before, f"what is over was changed; {said}"
        assert not decision.effects, f"what is over has effects; {said}"
        return
    if after is before:
        return
    for target in after.targets.values():
        old = before.targets.get(target.id)
        if old is not target:
            if old is not None:
                history_stays(old, target, said)
            executed_only(walk, target, said)
    floor_holds(before, after, said)
    traffic_stays(walk, after, decision, said)
    assert all(count == 1 for count in walk.executed.values()), f"an event ran twice; {said}"
    if after.over:
        ends_well(after, said)
    assert walk.rollbacks <= 1, f"two rollbacks of one deployment; {said}"
    rolled_back = any(isinstance(effect, RollBack) for effect in decision.effects)
    failed = after.status in (Status.FAILED, Status.STOPPED)
    assert not rolled_back or (after.over and failed), f"rolled back what has not failed; {said}"


def history_stays(old: Target, new: Target, said: str) -> None:
    """An event that has ended stays as it ended; a target that has ended begins nothing."""
    for was, now in zip(old.events, new.events, strict=True):
        assert was.phase not in ENDED or was == now, f"{new.id}: the past of {was.name} changed; {said}"
    assert old.phase not in ENDED or new.running is None, f"{new.id} begins after its end; {said}"


def executed_only(walk: Walk, target: Target, said: str) -> None:
    """No event is Succeeded that the agent did not run and report, or that the load balancer did not show."""
    for event in target.events:
        if event.phase is Phase.SUCCEEDED:
            known = walk.shown if event.name in RUN_BY_SERVICE else walk.reported
            assert (target.id, event.name) in known, f"{target.id}: {event.name} is Succeeded unexecuted; {said}"
    if target.phase is Phase.SUCCEEDED:
        for event in target.events:
            fine = event.phase is Phase.SUCCEEDED or (event.phase is Phase.FAILED and event.name in FORGIVABLE)
            assert fine, f"{target.id} is Succeeded and its {event.name} is {event.phase}; {said}"


def minimum(rule: Minimum, size: int) -> int:
    """The documentation's arithmetic."""
    if rule.kind == "HOST_COUNT":
        return rule.value
    if rule.kind == "FLEET_PERCENT":
        return math.ceil(Fraction(rule.value, 100) * size)
    return max(0, size - rule.value)


def floor_holds(before: Deployment, after: Deployment, said: str) -> None:
    """Starting a target must leave the minimum of hosts untouched: neither being worked on nor failed."""
    if after.plan.kind is Kind.BLUE_GREEN_ROLLBACK:
        return
    colour = GREEN if after.plan.kind is Kind.BLUE_GREEN else ""
    team = [target for target in after.targets.values() if target.colour == colour]
    started = [t for t in team if t.running and not _was_running(before, t) and not _midway(before, t)]
    if started:
        out = sum(1 for target in team if target.running or target.phase is Phase.FAILED)
        left = len(team) - out
        assert left >= minimum(after.plan.minimum, len(team)), f"{left} healthy hosts are too few; {said}"


def _was_running(before: Deployment, target: Target) -> bool:
    old = before.targets.get(target.id)
    return old is not None and old.running is not None


def _midway(before: Deployment, target: Target) -> bool:
    old = before.targets.get(target.id)
    return old is not None and old.phase is Phase.IN_PROGRESS


def traffic_stays(walk: Walk, after: Deployment, decision: Decision, said: str) -> None:
    """Blue leaves only when enough of green takes traffic, green (in a rollback) only when blue does."""
    leaving = {host for effect in decision.effects if isinstance(effect, Deregister) for host in effect.hosts}
    kind = after.plan.kind
    if not leaving or kind is Kind.IN_PLACE:
        return
    staying = GREEN if kind is Kind.BLUE_GREEN else BLUE
    team = [target for target in after.targets.values() if target.colour == staying]
    serving = sum(1 for t in team if ("AllowTraffic", Phase.SUCCEEDED) in [(e.name, e.phase) for e in t.events])
    enough = max(minimum(after.plan.minimum, len(team)), 1) if kind is Kind.BLUE_GREEN else 1
    assert serving >= enough, f"{sorted(leaving)} leave with only {serving} of {enough} serving; {said}"


def ends_well(after: Deployment, said: str) -> None:
    for target in after.targets.values():
        assert target.phase in ENDED, f"{target.id} is {target.phase} at the end; {said}"
        assert all(event.phase in ENDED for event in target.events), f"{target.id} has unended events; {said}"
    if after.status is Status.SUCCEEDED:
        colour = after.plan.stages[0].colour
        team = [target for target in after.targets.values() if target.colour == colour]
        good = sum(1 for target in team if target.phase is Phase.SUCCEEDED)
        rule = Minimum("HOST_COUNT", 0) if after.plan.kind is Kind.BLUE_GREEN_ROLLBACK else after.plan.minimum
        assert good >= max(1, minimum(rule, len(team))), f"Succeeded with {good} of {len(team)} hosts; {said}"
        assert after.stage == len(after.plan.stages) - 1 or after.at.step is not Step.WAVE, f"left early; {said}"
    else:
        assert after.code, f"{after.status} without a reason; {said}"
