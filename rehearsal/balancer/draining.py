"""How a target leaves: no new requests, then its last ones end or their time is up, then it is taken away. Pure.

AWS shows it as draining until the delay is over, also when its last request ended long before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Step(StrEnum):
    WAITING = "waiting"         # for what is in flight
    REMOVING = "removing"       # until HAProxy lets it go: it does not while a connection is attached
    GONE = "gone"


@dataclass(frozen=True)
class Drain:
    began: float
    delay: float                # as long as it really takes: already divided by the time scale
    cut: bool
    step: Step = Step.WAITING

    def is_late(self, now: float) -> bool:
        return now - self.began >= self.delay

    def is_over(self, now: float) -> bool:
        return self.step is Step.GONE and self.is_late(now)


def advance(drain: Drain, now: float, sessions: int | None) -> Drain:
    """`sessions` is what HAProxy counts, or None when it knows the target no more."""
    if sessions is None:
        return replace(drain, step=Step.GONE)
    if drain.step is Step.WAITING and (sessions == 0 or drain.is_late(now)):
        return replace(drain, step=Step.REMOVING)
    return drain


def commands(drain: Drain, server: str, now: float) -> list[str]:
    """What HAProxy is told at this step; repeated until the target is gone."""
    if drain.step is not Step.REMOVING:
        return []
    cutting = [f"shutdown sessions server {server}"] if drain.cut and drain.is_late(now) else []
    return [f"set server {server} state maint", *cutting, f"del server {server}"]
