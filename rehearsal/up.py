"""`up`: services, then the stack on them. Repeating it after anything whatever ends in the same place."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal import hosts, leftovers, running, stack
from rehearsal.display import Event
from rehearsal.home import Home
from rehearsal.hosts import Hosts
from rehearsal.running import Started
from rehearsal.stack import Door


@dataclass(frozen=True)
class Wanted:
    """What the user asked for."""

    stack: str
    port: int | None = None
    engine: str | None = None
    apply: bool = True
    hosts: bool = False         # run the instances as boxes


@dataclass(frozen=True)
class Up:
    """How it stands now."""

    endpoint: str
    fresh: bool
    outcome: stack.Outcome | None
    outputs: Mapping[str, Any]
    seconds: float
    hosts: Hosts | None = None

    @property
    def changed(self) -> bool:
        return self.fresh or bool(self.hosts and self.hosts.fresh) or bool(self.outcome and self.outcome.changed)


def up(home: Home, wanted: Wanted, *, say: Callable[[str], None], report: Callable[[Event], None],
       choose: Callable[[str | None], tuple[str, Door]] = stack.door) -> Up:
    """The caller holds the lock."""
    began = time.monotonic()
    name, door = choose(wanted.engine) if wanted.apply else ("", None)
    started = _services(home, wanted.port, say)
    if door is None:
        return Up(started.cloud.url, started.fresh, None, {}, time.monotonic() - began)
    memory = started.health["memory"]["id"]
    stack.begin(home, wanted.stack, memory, name)
    outcome = door.apply(wanted.stack, endpoint=started.cloud.url, state=home.root, report=report)
    stack.finish(home, wanted.stack, memory, name, outcome)
    boxes = hosts.ensure(home, started.cloud.url, say) if wanted.hosts else None
    return Up(started.cloud.url, started.fresh, outcome, outcome.outputs, time.monotonic() - began, boxes)


def _services(home: Home, port: int | None, say: Callable[[str], None]) -> Started:
    """Running, and with a memory that the stack's state belongs to."""
    leftovers.clear(home)
    started = running.ensure(home, port=port, say=say)
    why = stack.lost(home, started.health) or leftovers.half_made(home)
    if why is None:
        return started
    running.stop(home)
    aside = home.set_aside(time.strftime("%Y%m%d-%H%M%S"), with_cloud=bool(started.health["memory"]["changes"]))
    say(f"{why}; what the stack recorded of it is in {aside}, and everything is made anew")
    return running.ensure(home, port=port or started.cloud.port, say=say)
