"""The protocols. Every method may raise PortError: the service then waits and asks again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..machine.signals import Health


class PortError(Exception):
    """The rest of the cloud did not answer, or refused. The text says what was asked and what came back."""


@dataclass(frozen=True, slots=True)
class Instance:
    """An EC2 instance. `lifecycle` is its Auto Scaling state, empty outside a group."""

    id: str
    alive: bool = True
    asg: str = ""
    lifecycle: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def in_service(self) -> bool:
        return self.alive and self.lifecycle in ("", "InService")


@dataclass(frozen=True, slots=True)
class TagFilter:
    """One filter as the API has it; `kind` is KEY_ONLY, VALUE_ONLY or KEY_AND_VALUE."""

    key: str
    value: str
    kind: str

    def matches(self, tags: Mapping[str, str]) -> bool:
        if self.kind == "KEY_ONLY":
            return self.key in tags
        if self.kind == "VALUE_ONLY":
            return self.value in tags.values()
        return tags.get(self.key) == self.value


@dataclass(frozen=True, slots=True)
class AlarmStates:
    """Of the alarms asked about: those in ALARM, and those that do not exist or did not answer."""

    ringing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Fleet(Protocol):
    """The instances."""

    def members(self, asgs: Sequence[str]) -> list[Instance]:
        """All instances of these Auto Scaling groups."""

    def missing(self, asgs: Sequence[str]) -> list[str]:
        """Those of these Auto Scaling groups that do not exist."""

    def tagged(self, tag_sets: Sequence[Sequence[TagFilter]]) -> list[Instance]:
        """Running instances with a match in every set."""

    def alive(self, ids: Sequence[str]) -> Mapping[str, bool]:
        """Whether each of these instances is (coming) up."""

    def terminate(self, ids: Sequence[str]) -> None: ...


class Balancer(Protocol):
    """Target groups, by name."""

    def missing(self, names: Sequence[str]) -> list[str]: ...

    def health(self, name: str) -> Mapping[str, Health]:
        """The standing of every registered or draining target."""

    def register(self, name: str, ids: Sequence[str]) -> None: ...

    def deregister(self, name: str, ids: Sequence[str]) -> None: ...


class Alarms(Protocol):
    def states(self, names: Sequence[str]) -> AlarmStates: ...


class Scaling(Protocol):
    """Lifecycle hooks of Auto Scaling groups."""

    def put_launch_hook(self, asg: str, hook: str) -> None: ...

    def delete_hook(self, asg: str, hook: str) -> None: ...

    def complete(self, asg: str, hook: str, instance: str, outcome: str) -> None: ...

    def heartbeat(self, asg: str, hook: str, instance: str) -> None: ...


class Notifications(Protocol):
    def publish(self, topic: str, subject: str, message: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Ports:
    fleet: Fleet
    balancer: Balancer
    alarms: Alarms
    scaling: Scaling
    notifications: Notifications
