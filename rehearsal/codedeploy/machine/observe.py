"""What observations mean: hosts that are gone, agents that are silent, traffic that really moved, alarms that ring."""

from __future__ import annotations

from dataclasses import replace

from . import target as targets
from .draft import Draft
from .effects import Deregister, Register, Terminate
from .lifecycle import BLUE, Kind
from .signals import AlarmsSeen, Health, HostsSeen, HostView, TrafficSeen
from .state import Diagnostics, Event, Phase, Status, Step, Stop, Target

ABSENT = Health("absent")


def trouble(message: str) -> Diagnostics:
    return Diagnostics(code="UnknownError", message=message)


def hosts_seen(draft: Draft, signal: HostsSeen) -> None:
    for target_id, view in signal.hosts.items():
        target = draft.find(target_id)
        if target is None:
            continue
        if not view.alive:
            _gone(draft, target)
        elif target.running is not None and targets.by_agent(target.running):
            _check_agent(draft, target, target.running, view)
    if draft.deployment.at.step is Step.TERMINATE:
        _terminate(draft, signal)


def _gone(draft: Draft, target: Target) -> None:
    """A host that was shut down or terminated fails its target, unless that was over before."""
    if target.phase is Phase.PENDING and target.colour == BLUE and draft.plan.kind is Kind.BLUE_GREEN:
        draft.put(
            targets.give_up(target, draft.now, Phase.SKIPPED, Phase.SKIPPED)
        )  # nothing left to take out of traffic
    elif target.phase in (Phase.PENDING, Phase.READY, Phase.IN_PROGRESS):
        what = f" while {target.running.name} was under way" if target.running else ""
        draft.fail(target, trouble(f"The instance {target.id} is no longer running: it was lost{what}."))


def _check_agent(draft: Draft, target: Target, event: Event, view: HostView) -> None:
    limits = draft.plan.limits
    if view.silent is None:
        waited = draft.now - (event.started or draft.now)
        if waited >= limits.absence:
            draft.fail(target, trouble(_never_heard(target, event, waited)))
    elif view.silent >= limits.silence:
        draft.fail(target, trouble(_silent(target, event, view.silent)))


def _never_heard(target: Target, event: Event, waited: float) -> str:
    return (
        f"The CodeDeploy agent on {target.id} has never been heard of; {event.name} was waiting for it for "
        f"{waited:.0f} s. Check that the agent is installed and enabled: systemctl status codedeploy-agent"
    )


def _silent(target: Target, event: Event, seconds: float) -> str:
    when = "was running" if event.accepted else "was waiting to be taken up"
    return (
        f"The CodeDeploy agent on {target.id} is not answering: it was last heard of {seconds:.0f} s ago, "
        f"while {event.name} {when}. Check it on the host: systemctl status codedeploy-agent"
    )


def _terminate(draft: Draft, signal: HostsSeen) -> None:
    team = [target.id for target in draft.targets if target.colour == BLUE]
    alive = tuple(name for name in team if name not in signal.hosts or signal.hosts[name].alive)
    if alive:
        draft.emit(Terminate(alive))
    else:
        draft.next_stage()


def traffic_seen(draft: Draft, signal: TrafficSeen) -> None:
    """Traffic events end on what the load balancer shows, never on what was asked of it."""
    leave: list[str] = []
    join: list[str] = []
    for target in draft.targets:
        event = target.running
        if event is None or targets.by_agent(event) or signal.at < (event.started or 0.0):
            continue
        health = signal.hosts.get(target.id, ABSENT)
        if event.name == "BlockTraffic":
            _block(draft, target, health, leave)
        else:
            _allow(draft, target, health, join)
    if leave:
        draft.emit(Deregister(tuple(leave)))
    if join:
        draft.emit(Register(tuple(join)))


def _block(draft: Draft, target: Target, health: Health, leave: list[str]) -> None:
    if health.state == "absent":
        draft.conclude(target, True, Diagnostics())
    elif health.state != "draining":
        leave.append(target.id)


def _allow(draft: Draft, target: Target, health: Health, join: list[str]) -> None:
    if health.state == "healthy":
        draft.conclude(target, True, Diagnostics())
        return
    if health.state in ("absent", "draining"):
        join.append(target.id)
    _remember(draft, target, health)


def _remember(draft: Draft, target: Target, health: Health) -> None:
    """Keep why a target is not healthy yet: it is the message if it never becomes so."""
    said = trouble(f"{health.state}: {health.reason}" if health.reason else health.state)
    event = target.events[target.position]
    if event.diagnostics != said:
        draft.put(targets.with_event(target, replace(event, diagnostics=said), draft.now))


def alarms_seen(draft: Draft, signal: AlarmsSeen) -> None:
    if draft.deployment.stop is not None or draft.deployment.status is Status.CREATED:
        return
    if signal.ringing:
        message = (
            "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the "
            f"affected deployments have been stopped. Activated alarms: {', '.join(signal.ringing)}"
        )
        draft.set(stop=Stop("ALARM_ACTIVE", message, "DEPLOYMENT_STOP_ON_ALARM"))
    elif signal.unknown and not draft.plan.ignore_alarm_failure:
        message = f"The state of these alarms could not be learned: {', '.join(signal.unknown)}"
        draft.set(stop=Stop("ALARM_ACTIVE", message, "DEPLOYMENT_STOP_ON_ALARM"))
