"""The agents' side: which command a host gets, what became of it, and whether its agent is alive.

A command's identifier names deployment, event, offer and host. An offer that nobody acknowledged is offered again under
a new number; whichever number is acknowledged first is the one that runs, and all others are told not to.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..machine import Deployment, Event, Phase
from ..machine import target as targets
from ..machine.signals import CommandAccepted, CommandDone, CommandLost, CommandOffered
from ..machine.state import Diagnostics
from .core import Engine

MISSED_BEATS = 3  # so many heartbeats must not name a command before it counts as lost
GRACE = 5.0


class UnknownCommand(Exception):
    """The identifier is not one of ours."""


@dataclass(frozen=True, slots=True)
class Command:
    deployment: str
    event: str
    offer: int
    host: str

    @property
    def identifier(self) -> str:
        return f"{self.deployment}:{self.event}:{self.offer}:{self.host}"

    @staticmethod
    def parse(identifier: str) -> Command:
        parts = identifier.split(":", 3)
        if len(parts) != 4 or not parts[2].isdigit():
            raise UnknownCommand(identifier)
        return Command(parts[0], parts[1], int(parts[2]), parts[3])


@dataclass
class Agents:
    """Presence is kept in memory: after a restart of the service every agent gets its full time again."""

    engine: Engine
    since: float = 0.0
    heard: dict[str, float] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.since = self.engine.clock()
        self.ever = self.engine.store.hosts.ever_seen()

    def hear(self, host: str) -> None:
        now = self.engine.clock()
        self.heard[host] = now
        if host not in self.ever:
            self.ever.add(host)
            self.engine.store.hosts.seen(host, now)

    def forgive(self) -> None:
        """This machine slept, or the service was held up: nobody could be heard meanwhile."""
        self.since = self.engine.clock()

    def silent(self, host: str) -> float | None:
        """Seconds since the agent was last heard of; None if it never was."""
        if host not in self.ever:
            return None
        return max(self.engine.clock() - max(self.heard.get(host, 0.0), self.since), 0.0)

    # -- the calls --

    def poll(self, host: str, patience: float = 0.0) -> Command | None:
        """The next command of a host; with patience, wait for one."""
        deadline = time.monotonic() + patience
        with self.engine.lock:
            while True:
                self.hear(host)
                command = self._offer(host)
                left = deadline - time.monotonic()
                if command is not None or left <= 0:
                    return command
                self.engine.changed.wait(left)

    def _offer(self, host: str) -> Command | None:
        for deployment_id, deployment in list(self.engine.live.items()):
            event = _offerable(deployment, host, self.engine.clock())
            if event is not None:
                self.engine.submit(deployment_id, CommandOffered(host))
                return Command(deployment_id, event.name, event.offer + 1, host)
        return None

    def acknowledge(self, identifier: str) -> str:
        """Whether this offer may run: InProgress if so, else how the event stands."""
        command = Command.parse(identifier)
        with self.engine.lock:
            self.hear(command.host)
            accepted = CommandAccepted(command.host, command.event, command.offer)
            self.engine.submit(command.deployment, accepted)
            event = self._event(command)
            if event is None or event.phase is Phase.FAILED:
                return "Failed"
            if event.phase is Phase.SUCCEEDED:
                return "Succeeded"
            running = event.phase is Phase.IN_PROGRESS and event.accepted == command.offer
            return "InProgress" if running else "Failed"

    def complete(self, identifier: str, ok: bool, said: Diagnostics) -> None:
        """The first report of the accepted offer counts; others change nothing."""
        command = Command.parse(identifier)
        with self.engine.lock:
            self.hear(command.host)
            self.missed.pop(_key(command), None)
            self.engine.submit(command.deployment, CommandDone(command.host, command.event, command.offer, ok, said))

    def beat(self, host: str, in_progress: Sequence[str] | None) -> None:
        """A heartbeat names what the agent works on; what it accepted and leaves out again and again is lost."""
        with self.engine.lock:
            self.hear(host)
            if in_progress is None:
                return
            for deployment in list(self.engine.live.values()):
                command = _accepted(deployment, host, self.engine.clock())
                if command is not None:
                    self._missing(command, command.identifier in in_progress)

    def _missing(self, command: Command, named: bool) -> None:
        count = 0 if named else self.missed.get(_key(command), 0) + 1
        self.missed[_key(command)] = count
        if count >= MISSED_BEATS:
            del self.missed[_key(command)]
            self.engine.submit(command.deployment, CommandLost(command.host, command.event))

    def _event(self, command: Command) -> Event | None:
        deployment = self.engine.state(command.deployment)
        target = deployment.targets.get(command.host) if deployment else None
        if target is None:
            return None
        return next((event for event in target.events if event.name == command.event), None)


def _key(command: Command) -> str:
    return f"{command.deployment}:{command.event}:{command.host}"


def _offerable(deployment: Deployment, host: str, now: float) -> Event | None:
    """The event of a host that waits for its agent and is not on offer to it just now."""
    target = deployment.targets.get(host)
    event = target.running if target is not None else None
    if event is None or event.accepted or not targets.by_agent(event) or deployment.stop is not None:
        return None
    fresh = event.offer and now - event.offered < deployment.plan.limits.lease
    return None if fresh else event


def _accepted(deployment: Deployment, host: str, now: float) -> Command | None:
    target = deployment.targets.get(host)
    event = target.running if target is not None else None
    if event is None or not event.accepted or now - event.accepted_at < GRACE:
        return None
    return Command(deployment.plan.deployment_id, event.name, event.accepted, host)
