"""One target's way through its events: every function takes a target and returns the next one."""

from __future__ import annotations

from dataclasses import replace

from .lifecycle import FORGIVABLE, RUN_BY_SERVICE
from .state import Diagnostics, Event, Phase, Target

SETTLED = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.SKIPPED, Phase.UNKNOWN})


def with_event(target: Target, event: Event, now: float) -> Target:
    """The target with its current event replaced."""
    at = target.position
    return replace(target, events=(*target.events[:at], event, *target.events[at + 1 :]), updated=now)


def begin(target: Target, now: float) -> Target:
    """Start the current event."""
    event = target.events[target.position]
    started = with_event(target, replace(event, phase=Phase.IN_PROGRESS, started=now), now)
    return replace(started, phase=Phase.IN_PROGRESS)


def offer(target: Target, now: float) -> Target:
    """Number a new offer of the running event to its agent."""
    event = target.events[target.position]
    return with_event(target, replace(event, offer=event.offer + 1, offered=now), now)


def accept(target: Target, number: int, now: float) -> Target:
    """Bind the running event to the first offer that was acknowledged."""
    event = target.events[target.position]
    if event.accepted or not 1 <= number <= event.offer:
        return target
    return with_event(target, replace(event, accepted=number, accepted_at=now), now)


def conclude(target: Target, ok: bool, said: Diagnostics, now: float) -> Target:
    """End the running event and step past it."""
    phase = Phase.SUCCEEDED if ok else Phase.FAILED
    event = replace(target.events[target.position], phase=phase, ended=now, diagnostics=said)
    return replace(with_event(target, event, now), position=target.position + 1)


def forgives(event: Event, ignore_stop_failures: bool) -> bool:
    """Whether a target goes on although this event of it failed."""
    return ignore_stop_failures and event.name in FORGIVABLE


def give_up(target: Target, now: float, phase: Phase, running: Phase, said: Diagnostics | None = None) -> Target:
    """End the target as it is: `running` becomes of an event under way, and no other event will run."""
    events = tuple(_given_up(event, now, running, said) for event in target.events)
    return replace(target, events=events, phase=phase, updated=now)


def _given_up(event: Event, now: float, running: Phase, said: Diagnostics | None) -> Event:
    if event.phase is Phase.IN_PROGRESS:
        return replace(event, phase=running, ended=now, diagnostics=said or event.diagnostics)
    return replace(event, phase=Phase.SKIPPED) if event.phase is Phase.PENDING else event


def by_agent(event: Event) -> bool:
    return event.name not in RUN_BY_SERVICE


def gate(target: Target, last: str) -> int:
    """How many events of the target lie before a stage's gate."""
    if not last:
        return len(target.events)
    names = [event.name for event in target.events]
    return names.index(last) + 1 if last in names else len(names)
