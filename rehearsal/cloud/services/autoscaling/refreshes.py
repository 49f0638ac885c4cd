"""Instance refresh: replace what was started from another template, a few at a time, never below the floor."""

from __future__ import annotations

import math

from rehearsal.cloud.services.autoscaling.capacity import counted, is_of
from rehearsal.cloud.services.autoscaling.fleet import Fleet
from rehearsal.cloud.services.autoscaling.model import Group, Member, Refresh

DEFAULT_FLOOR, DEFAULT_CEILING = 90, 100


def room_to_start(group: Group, refresh: Refresh) -> int:
    """How many stand-ins may run beside the desired capacity."""
    ceiling: int = refresh.preferences.get("MaxHealthyPercentage") or DEFAULT_CEILING
    floor: int = refresh.preferences.get("MinHealthyPercentage", DEFAULT_FLOOR)
    extra: int = math.floor(group.desired * ceiling / 100) - group.desired
    return max(extra, 1 if floor == 100 else 0)


def room_to_end(group: Group, refresh: Refresh, serving: int) -> int:
    """How many may go now without falling below the floor; one at least when only ending first can make progress."""
    floor: int = math.ceil(group.desired * refresh.preferences.get("MinHealthyPercentage", DEFAULT_FLOOR) / 100)
    return max(serving - floor, 1 if room_to_start(group, refresh) == 0 and serving >= group.desired else 0)


def stale(group: Group, refresh: Refresh) -> list[Member]:
    return [m for m in counted(group) if m.id in refresh.replace]


def serving(group: Group) -> int:
    return len([m for m in counted(group) if m.state == "InService" and m.healthy])


def advance(fleet: Fleet, group: Group) -> bool:
    refresh = group.refresh
    assert refresh
    if refresh.status == "Pending":
        refresh.status = "InProgress"
        return True
    if refresh.status in ("Cancelling",):
        return finish(fleet, refresh, "Cancelled")
    left = stale(group, refresh)
    if not left and settled(group):
        refresh.expected = 0
        done = "RollbackSuccessful" if refresh.status == "RollbackInProgress" else "Successful"
        return finish(fleet, refresh, done)
    return _replace_some(fleet, group, refresh, left)


def settled(group: Group) -> bool:
    return serving(group) >= group.desired


def _replace_some(fleet: Fleet, group: Group, refresh: Refresh, left: list[Member]) -> bool:
    before = refresh.expected, len(left)
    refresh.expected = min(room_to_start(group, refresh), len(left))
    fresh_ready = serving(group) >= group.desired + refresh.expected or refresh.expected == 0
    if left and fresh_ready:
        for member in left[:room_to_end(group, refresh, serving(group))]:
            fleet.begin_end(group, member, f"an instance was taken out of service by instance refresh {refresh.id}")
            refresh.expected = max(0, refresh.expected - 1)
    return before != (refresh.expected, len(stale(group, refresh)))


def finish(fleet: Fleet, refresh: Refresh, status: str, reason: str | None = None) -> bool:
    refresh.status, refresh.ended, refresh.reason = status, fleet.world.clock(), reason or refresh.reason
    refresh.expected = 0
    return True


def to_replace(group: Group, wanted: dict[str, str], *, skip_matching: bool) -> list[str]:
    return [m.id for m in counted(group) if not (skip_matching and is_of(wanted, m))]


def progress(group: Group, refresh: Refresh) -> tuple[int, int]:
    """Percent done and instances left to do."""
    left = len(stale(group, refresh)) if refresh.ended is None or refresh.status == "Cancelled" else 0
    return (100 if not refresh.total else (refresh.total - left) * 100 // refresh.total), left
