"""What a decision asks for, done to the servers of one instance. Each of it may be done twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rehearsal.database import accounts, parameters, replication
from rehearsal.database.model import Instance, Names, Places, Side, Where
from rehearsal.database.server import Server, Settings
from rehearsal.database.sql import Control
from rehearsal.database.states import (
    Action,
    CannotFollow,
    CloseRanks,
    Discard,
    Event,
    Fence,
    Follow,
    Following,
    LetGo,
    Point,
    Promote,
    Promoted,
    Started,
    StartPrimary,
)
from rehearsal.database.template import Template, variables
from rehearsal.database.tls import Authority

NUMBERS = {Side.A: 1, Side.B: 2}        # as replication knows them


@dataclass(frozen=True)
class Doors:
    """What a pair needs of the world around it."""

    template: Template
    authority: Authority
    names: Names
    places: Places
    say: Callable[[str], None]
    clock: Callable[[], float] = time.time      # of the wall: what it says is kept over restarts
    flip_delay: float = 0.0                     # RDS's name follows a failover after a minute or two; ours at once


class Hands:
    def __init__(self, root: Path, instance: Instance, replicator: str, doors: Doors) -> None:
        self.instance, self.replicator, self.doors = instance, replicator, doors
        self.servers = self.servers_in(root)

    @staticmethod
    def servers_in(root: Path) -> dict[Side, Server]:
        return {side: Server(root / side.value) for side in Side}

    def where(self, side: Side) -> Where:
        return self.doors.places.place(self.instance, side)

    def runs(self, side: Side) -> bool:
        return self.servers[side].runs_at(self.where(side))

    @contextmanager
    def both(self, primary: Side) -> Iterator[tuple[Control, Control]]:
        """Connections to the primary and to its standby."""
        with self.servers[primary].control() as first, self.servers[primary.other].control() as second:
            yield first, second

    def do(self, action: Action, primary: Side, agreed: int | None) -> Event | None:
        match action:
            case Fence(side, gently):
                self._fence(side, gently)
            case StartPrimary(side):
                self._start_primary(side)
                return Started()
            case Promote(side):
                with self.servers[side].control() as control:
                    return Promoted(replication.promote(control).number)
            case Point(side):
                self.doors.names.point(self.instance.host, self.where(side).address)
                self.doors.say(f"{self.instance.identifier}: server {side} is the primary")
            case Follow(side):
                return self._follow(side, agreed)
            case CloseRanks():
                with self.both(primary) as (first, second):
                    replication.close_ranks(first, second)
            case LetGo():
                with self.servers[primary].control() as control:
                    replication.let_go(control)
            case Discard(side):
                self.servers[side].remove()
        return None

    def _fence(self, side: Side, gently: bool) -> None:
        if gently:
            self.servers[side].stop()
        self.servers[side].kill()

    def _start_primary(self, side: Side) -> None:
        self._start(side)
        with self.servers[side].control() as control:
            replication.promote(control)
            accounts.furnish(control, self.instance, self.replicator)

    def _follow(self, side: Side, agreed: int | None) -> Event:
        self._start(side)
        with self.both(side.other) as (primary, standby):
            replication.let_go(primary)
            if replication.wrote_alone(replication.position(standby), NUMBERS[side], agreed):
                return CannotFollow()
            replication.follow(standby, self.where(side.other), self.replicator, self.doors.authority.bundle)
        return Following()

    def _start(self, side: Side) -> None:
        server, where = self.servers[side], self.where(side)
        server.make(self.doors.template)
        tls = self.doors.authority.issue(server.root, [self.instance.host], [where.address])
        options = parameters.apply(self.instance.parameters, variables()).options
        server.start(Settings(NUMBERS[side], where, tls, self.doors.authority.bundle, options))
