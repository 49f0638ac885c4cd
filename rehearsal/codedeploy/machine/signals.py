"""What the machine can be told: by callers, by agents, and by looking at the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .state import Diagnostics


@dataclass(frozen=True, slots=True)
class Found:
    """A host that the deployment is for; `balanced` says that it stands behind the load balancer."""

    id: str
    colour: str = ""
    balanced: bool = False


@dataclass(frozen=True, slots=True)
class TargetsFound:
    """The deployment's hosts, in the order in which they are to be deployed to."""

    hosts: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class CommandOffered:
    target: str


@dataclass(frozen=True, slots=True)
class CommandAccepted:
    target: str
    event: str
    offer: int


@dataclass(frozen=True, slots=True)
class CommandDone:
    target: str
    event: str
    offer: int
    ok: bool
    diagnostics: Diagnostics


@dataclass(frozen=True, slots=True)
class CommandLost:
    """The agent is alive and says that it is not working on what it accepted."""

    target: str
    event: str


@dataclass(frozen=True, slots=True)
class HostView:
    """`silent`: seconds since the agent was last heard of; None if it never was."""

    alive: bool = True
    silent: float | None = 0.0


@dataclass(frozen=True, slots=True)
class HostsSeen:
    hosts: Mapping[str, HostView]


@dataclass(frozen=True, slots=True)
class Health:
    """A host's standing with a load balancer: absent, initial, healthy, unhealthy, unused, draining."""

    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TrafficSeen:
    """What the load balancer said at a moment; hosts that it does not name are absent."""

    at: float
    hosts: Mapping[str, Health]


@dataclass(frozen=True, slots=True)
class AlarmsSeen:
    """The plan's alarms that ring, and those whose state could not be learned."""

    ringing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StopAsked:
    rollback: bool | None = None


@dataclass(frozen=True, slots=True)
class GoOnAsked:
    """Do not wait any longer: neither before rerouting nor before terminating."""


@dataclass(frozen=True, slots=True)
class Abort:
    """The deployment cannot go on at all."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: the occasion for timeouts and for waits to end."""


Signal = (
    TargetsFound
    | CommandOffered
    | CommandAccepted
    | CommandDone
    | CommandLost
    | HostsSeen
    | TrafficSeen
    | AlarmsSeen
    | StopAsked
    | GoOnAsked
    | Abort
    | Tick
)
