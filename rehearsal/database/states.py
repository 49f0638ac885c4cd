"""The words of a failover: how an instance can stand, what can happen to it, what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rehearsal.database.model import Side


class Phase(StrEnum):
    STARTING = "starting"           # the primary is being started; nobody is served
    SERVING = "serving"
    PROMOTING = "promoting"         # the standby applies what it received; nobody is served


class Standby(StrEnum):
    NONE = "none"                   # of a Single-AZ instance
    LOST = "lost"                   # to be started
    FOLLOWING = "following"         # it catches up; commits do not wait for it
    CLOSING = "closing"             # commits wait for it; not yet known to have all before
    IN_STEP = "in step"             # it has every acknowledged commit


@dataclass(frozen=True)
class State:
    phase: Phase = Phase.STARTING
    primary: Side = Side.A
    standby: Standby = Standby.NONE
    agreed: int | None = None       # the last event both histories share, at the last promotion
    flip_at: float | None = None    # when the name is to follow a promotion
    since: float = 0.0              # of this phase of the standby
    retry_at: float | None = None

    @property
    def status(self) -> str:
        """In RDS's words."""
        if self.phase is not Phase.SERVING or self.flip_at is not None:
            return "failing-over" if self.phase is Phase.PROMOTING or self.flip_at is not None else "rebooting"
        return "available" if self.standby in (Standby.NONE, Standby.IN_STEP) else "modifying"


# -- what happens

@dataclass(frozen=True)
class Lost:
    side: Side


@dataclass(frozen=True)
class Started:
    """The primary serves."""


@dataclass(frozen=True)
class Promoted:
    agreed: int


@dataclass(frozen=True)
class PromotionFailed:
    pass


@dataclass(frozen=True)
class Following:
    """The standby was started and told whom to follow."""


@dataclass(frozen=True)
class CaughtUp:
    pass


@dataclass(frozen=True)
class InStep:
    pass


@dataclass(frozen=True)
class CannotFollow:
    """The standby's history is another one."""


@dataclass(frozen=True)
class Failed:
    """An action did not work; it is tried again."""


@dataclass(frozen=True)
class Reboot:
    failover: bool


@dataclass(frozen=True)
class WantStandby:
    wanted: bool


@dataclass(frozen=True)
class Tick:
    pass


Event = (Lost | Started | Promoted | PromotionFailed | Following | CaughtUp | InStep | CannotFollow | Failed | Reboot
         | WantStandby | Tick)


# -- what is done

@dataclass(frozen=True)
class Fence:
    """It ends, and acknowledges nothing any more."""

    side: Side
    gently: bool = False


@dataclass(frozen=True)
class StartPrimary:
    side: Side


@dataclass(frozen=True)
class Promote:
    side: Side


@dataclass(frozen=True)
class Point:
    side: Side


@dataclass(frozen=True)
class Follow:
    side: Side


@dataclass(frozen=True)
class CloseRanks:
    pass


@dataclass(frozen=True)
class LetGo:
    """Commits do not wait for the standby any more."""


@dataclass(frozen=True)
class Discard:
    """The data of a standby whose history is another one, or that is not wanted."""

    side: Side


Action = Fence | StartPrimary | Promote | Point | Follow | CloseRanks | LetGo | Discard
