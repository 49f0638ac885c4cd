"""When a timer elapses next."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rehearsal.fleet.boxd.calendar import calendar
from rehearsal.fleet.boxd.unitfile import Unit
from rehearsal.fleet.boxd.words import seconds

STAMPS = Path("/var/lib/systemd/timers")


@dataclass(frozen=True)
class Moments:
    """What timers count from, in seconds since 1970; 0 where it has not happened."""

    boot: float
    armed: float
    unit_active: float
    unit_inactive: float
    last: float             # when this timer elapsed


def next_elapse(unit: Unit, at: Moments, now: float) -> float | None:
    """The earliest of what its lines say; a moment that a persistent timer missed while the box was off is now."""
    found = [moment for moment in _spans(unit, at) if moment > at.last]
    for text in unit.all("Timer", "OnCalendar"):
        base = at.last if at.last and unit.flag("Timer", "Persistent") else now
        following = calendar(text).next(datetime.fromtimestamp(max(base, at.last), UTC).astimezone())
        if following:
            found.append(max(following.timestamp(), now if base != now else 0.0))
    delay = unit.span("Timer", "RandomizedDelaySec", 0.0)
    return min(found) + random.uniform(0, delay) if found else None  # noqa: S311


def _spans(unit: Unit, at: Moments) -> list[float]:
    bases = {"OnActiveSec": at.armed, "OnBootSec": at.boot, "OnStartupSec": at.boot,
             "OnUnitActiveSec": at.unit_active, "OnUnitInactiveSec": at.unit_inactive}
    return [base + seconds(text) for key, base in bases.items() if base for text in unit.all("Timer", key)]


def triggered(unit: Unit) -> str:
    return unit.one("Timer", "Unit") or unit.name.removesuffix(".timer") + ".service"


@dataclass
class Armed:
    """A timer that waits."""

    unit: Unit
    since: float
    due: float | None = None
    last: float = 0.0

    @property
    def stamp(self) -> Path:
        return STAMPS / f"stamp-{self.unit.name}"

    def recall(self) -> None:
        if not self.unit.flag("Timer", "Persistent"):
            return
        if self.stamp.exists():
            self.last = self.stamp.stat().st_mtime
        else:               # from now on, what is missed is made up for
            self.touch()

    def touch(self) -> None:
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.touch()

    def elapse(self, now: float) -> None:
        self.last = now
        if self.unit.flag("Timer", "Persistent"):
            self.touch()


class Timers:
    """All timers that wait. `since` says when a unit became active and inactive."""

    def __init__(self, booted: float, since: Callable[[str], tuple[float, float]]) -> None:
        self.booted, self.since = booted, since
        self.armed: dict[str, Armed] = {}

    def arm(self, unit: Unit, now: float) -> None:
        """Raises BadWordError for a calendar that says nothing."""
        armed = Armed(unit, now)
        armed.recall()
        self._plan(armed, now)
        self.armed[unit.name] = armed

    def disarm(self, name: str) -> None:
        self.armed.pop(name, None)

    def reread(self, name: str, unit: Unit, now: float) -> None:
        if name in self.armed:
            self.armed[name].unit = unit
            self._plan(self.armed[name], now)

    def changed(self, name: str, now: float) -> None:
        """A unit became active or inactive: the timers that count from that count anew."""
        for armed in self.armed.values():
            if triggered(armed.unit) == name and not (armed.due and armed.due <= now):      # else its turn has come
                self._plan(armed, now)

    def due(self) -> float | None:
        return min((armed.due for armed in self.armed.values() if armed.due), default=None)

    def elapsed(self, now: float) -> list[str]:
        """The units whose turn it is; every timer then waits for its next one."""
        turn = [armed for armed in self.armed.values() if armed.due and armed.due <= now]
        for armed in turn:
            armed.elapse(now)
        for armed in self.armed.values():
            if armed in turn or armed.due is None:
                self._plan(armed, now)
        return [triggered(armed.unit) for armed in turn]

    def _plan(self, armed: Armed, now: float) -> None:
        active, inactive = self.since(triggered(armed.unit))
        armed.due = next_elapse(armed.unit, Moments(self.booted, armed.since, active, inactive, armed.last), now)
