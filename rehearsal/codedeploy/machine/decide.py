"""The one decision: given a deployment and what happened, the next deployment and what has to be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import observe
from . import target as targets
from .draft import Draft
from .effects import Announce, Effect
from .lifecycle import sequence
from .signals import (
    Abort,
    AlarmsSeen,
    CommandAccepted,
    CommandDone,
    CommandLost,
    CommandOffered,
    GoOnAsked,
    HostsSeen,
    Signal,
    StopAsked,
    TargetsFound,
    Tick,
    TrafficSeen,
)
from .state import Deployment, Event, Status, Stop, Target
from .timeouts import expire
from .waves import advance


@dataclass(frozen=True, slots=True)
class Decision:
    """`changed` names the targets that are not as they were."""

    deployment: Deployment
    effects: tuple[Effect, ...]
    changed: frozenset[str] = frozenset()


def decide(before: Deployment, signals: Sequence[Signal], now: float) -> Decision:
    """What becomes of a deployment; one that is over stays as it is."""
    draft = Draft(before, now)
    for signal in signals:
        if draft.deployment.over:
            break
        HANDLERS[type(signal)](draft, signal)
    if not draft.deployment.over and (draft.moved or draft.deployment.stop is not None):
        advance(draft)
    return Decision(draft.result(), tuple(draft.effects), frozenset(draft.changed))


def _targets_found(draft: Draft, signal: TargetsFound) -> None:
    if draft.deployment.started is not None:
        return
    draft.set(status=Status.IN_PROGRESS, started=draft.now, stage_since=draft.now)
    draft.emit(Announce("DeploymentStart"))
    kind = draft.plan.kind
    for host in signal.hosts:
        names = sequence(kind, host.colour, balanced=host.balanced)
        draft.put(Target(host.id, host.colour, tuple(Event(name) for name in names), updated=draft.now))
    _set_floor(draft)


def _set_floor(draft: Draft) -> None:
    """The team that the first stage works on must exist, and be larger than what has to stay healthy."""
    colour = draft.plan.stages[0].colour
    size = sum(1 for target in draft.targets if target.colour == colour)
    floor = draft.plan.minimum.of(size)
    if draft.plan.clamp_minimum:
        floor = max(min(floor, size - 1), 0)
    draft.set(floor=floor)
    if not size:
        where = f" in the {'replacement' if colour == 'Green' else 'original'} environment" if colour else ""
        message = f"The deployment failed because no instances were found for your deployment group{where}."
        draft.end(Status.FAILED, "NO_INSTANCES", message)
    elif floor >= size:
        message = (
            f"The deployment configuration keeps {floor} instance(s) healthy and there are only {size}, so none may be "
            "deployed to. Use a configuration with a smaller minimum, or add instances."
        )
        draft.end(Status.FAILED, "HEALTH_CONSTRAINTS_INVALID", message)


def _offered(draft: Draft, signal: CommandOffered) -> None:
    target = draft.find(signal.target)
    event = target.running if target is not None else None
    if target is not None and event is not None and targets.by_agent(event) and not event.accepted:
        draft.put(targets.offer(target, draft.now))


def _running(draft: Draft, target_id: str, name: str) -> Target | None:
    """The target, if that agent's event of it is under way."""
    target = draft.find(target_id)
    event = target.running if target is not None else None
    return target if event is not None and event.name == name and targets.by_agent(event) else None


def _accepted(draft: Draft, signal: CommandAccepted) -> None:
    target = _running(draft, signal.target, signal.event)
    if target is not None:
        draft.put(targets.accept(target, signal.offer, draft.now))


def _done(draft: Draft, signal: CommandDone) -> None:
    """The first completion of the offer that was accepted counts; a failure may come before any acceptance."""
    target = _running(draft, signal.target, signal.event)
    event = target.running if target is not None else None
    if target is None or event is None or not 1 <= signal.offer <= event.offer:
        return
    if event.accepted == signal.offer or (not signal.ok and not event.accepted):
        draft.conclude(target, signal.ok, signal.diagnostics)
    elif not event.accepted:
        said = f"The agent reported the success of {event.name}, which it had never accepted."
        draft.conclude(target, False, observe.trouble(said))


def _lost(draft: Draft, signal: CommandLost) -> None:
    target = _running(draft, signal.target, signal.event)
    if target is not None and target.running is not None and target.running.accepted:
        said = (
            f"The CodeDeploy agent on {target.id} accepted {signal.event} and no longer knows of it: it was restarted, "
            "or its state was removed. Look into the agent's log on the host."
        )
        draft.conclude(target, False, observe.trouble(said))


def _stop(draft: Draft, signal: StopAsked) -> None:
    if draft.deployment.stop is None:
        message = "The deployment was stopped by request."
        draft.set(stop=Stop("MANUAL_STOP", message, "DEPLOYMENT_STOP_ON_REQUEST", signal.rollback))


def _go_on(draft: Draft, signal: GoOnAsked) -> None:
    draft.set(released=True)


def _abort(draft: Draft, signal: Abort) -> None:
    draft.end(Status.FAILED, signal.code, signal.message)


def _tick(draft: Draft, signal: Tick) -> None:
    """Time alone ends events that are overdue, and waits."""
    draft.moved = True
    expire(draft)


HANDLERS: dict[type, Callable[[Draft, Any], None]] = {
    TargetsFound: _targets_found,
    CommandOffered: _offered,
    CommandAccepted: _accepted,
    CommandDone: _done,
    CommandLost: _lost,
    HostsSeen: observe.hosts_seen,
    TrafficSeen: observe.traffic_seen,
    AlarmsSeen: observe.alarms_seen,
    StopAsked: _stop,
    GoOnAsked: _go_on,
    Abort: _abort,
    Tick: _tick,
}
