"""What a deployment is made of: a plan that never changes, and the state that every decision replaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from .lifecycle import Kind
from .minimum import Minimum

DAY = 86_400.0


class Status(StrEnum):
    """A deployment's status, in CodeDeploy's words."""

    CREATED = "Created"
    QUEUED = "Queued"
    IN_PROGRESS = "InProgress"
    READY = "Ready"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"


OVER = frozenset({Status.SUCCEEDED, Status.FAILED, Status.STOPPED})


class Phase(StrEnum):
    """The status of a target, and (but for Ready) of a lifecycle event."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    SKIPPED = "Skipped"
    UNKNOWN = "Unknown"
    READY = "Ready"


@dataclass(frozen=True, slots=True)
class Limits:
    """Durations in seconds. All but the last three are AWS's own, and a time scale divides only those."""

    event: float = 3600.0  # one lifecycle event, at most
    start: float = 300.0  # an event must be taken up by its agent within
    traffic: float = 3600.0  # BlockTraffic and AllowTraffic wait this long
    deployment: float = 8 * 3600.0
    silence: float = 15.0  # an agent not heard of for so long is dead
    absence: float = 120.0  # an agent never heard of at all may still be booting
    lease: float = 3.0  # an offered command is not offered again within

    def scaled(self, scale: float) -> Limits:
        """The same limits with AWS's durations divided by `scale`."""
        return replace(
            self,
            event=self.event / scale,
            start=self.start / scale,
            traffic=self.traffic / scale,
            deployment=self.deployment / scale,
        )


class Step(StrEnum):
    WAVE = "wave"  # run a team's events up to a gate
    READY_WAIT = "ready-wait"  # somebody says go, or time does
    TERMINATION_WAIT = "termination-wait"
    TERMINATE = "terminate"


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of a deployment; it begins when the one before it is done."""

    step: Step
    colour: str = ""
    last: str = ""  # a wave is done with a target when this event is behind it; "" means all its events
    paced: bool = True  # keeps the minimum of healthy hosts out of its hands
    tolerant: bool = True  # enough successes are enough; else every target has to succeed
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is fixed when a deployment is created."""

    deployment_id: str
    kind: Kind
    stages: tuple[Stage, ...]
    minimum: Minimum
    ignore_stop_failures: bool = False
    rollback_on: tuple[str, ...] = ()
    target_groups: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    ignore_alarm_failure: bool = False
    clamp_minimum: bool = False  # follow-on deployments to a few hosts of a fleet must not fail for their number
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """What an agent (or the service, about its own part) says of an event's end."""

    code: str = "Success"
    script: str = ""
    message: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One lifecycle event of one target.

    An agent's event is offered any number of times, each offer with its own number; the first offer that is
    acknowledged is the only one that may run.
    """

    name: str
    phase: Phase = Phase.PENDING
    started: float | None = None
    ended: float | None = None
    offer: int = 0
    offered: float = 0.0
    accepted: int = 0
    accepted_at: float = 0.0
    diagnostics: Diagnostics | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One host of a deployment. `position` is the index of the event that runs or comes next."""

    id: str
    colour: str
    events: tuple[Event, ...]
    phase: Phase = Phase.PENDING
    position: int = 0
    updated: float = 0.0

    @property
    def current(self) -> Event | None:
        return self.events[self.position] if self.position < len(self.events) else None

    @property
    def running(self) -> Event | None:
        """The event under way, if one is."""
        event = self.current
        return event if event is not None and event.phase is Phase.IN_PROGRESS else None


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a deployment is being stopped. `rollback` None leaves it to the plan."""

    code: str
    message: str
    trigger: str
    rollback: bool | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment in full. Its targets are in the order in which they are to be deployed to."""

    plan: Plan
    created: float
    status: Status = Status.CREATED
    stage: int = 0
    stage_since: float = 0.0
    started: float | None = None
    completed: float | None = None
    floor: int = 0
    stop: Stop | None = None
    released: bool = False  # told to go on without waiting
    touched: bool = False  # at least one event began
    code: str = ""
    message: str = ""
    targets: Mapping[str, Target] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        return self.status in OVER

    @property
    def at(self) -> Stage:
        return self.plan.stages[self.stage]
