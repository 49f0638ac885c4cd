"""One instance, running: what is seen of its servers is decided on by `failover`, and done by `hands`."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pipelines.errors import Failure
from rehearsal.database import accounts, parameters
from rehearsal.database.eyes import FAULTS, Eyes
from rehearsal.database.failover import decide
from rehearsal.database.hands import Doors, Hands
from rehearsal.database.model import Instance, Side, Standing
from rehearsal.database.states import (
    Action,
    Event,
    Failed,
    Phase,
    Promote,
    PromotionFailed,
    Standby,
    State,
    Tick,
)
from rehearsal.database.template import variables

NOTES = "pair.json"


class Pair:
    def __init__(self, root: Path, instance: Instance, doors: Doors) -> None:
        self.root, self.doors = root, doors
        self.state, replicator = self._recall(instance)
        self.hands = Hands(root, instance, replicator, doors)
        self.eyes = Eyes(self.hands, doors.clock)
        self.zones: list[str] = read_notes(root).get("zones") or [*instance.zones]     # of the sides, once and for all
        self.waiting: tuple[str, ...] = ()      # parameters that a reboot will apply

    @property
    def instance(self) -> Instance:
        return self.hands.instance

    def _recall(self, instance: Instance) -> tuple[State, str]:
        """What a former process wrote down; what it was in the midst of is begun again."""
        kept, now = read_notes(self.root), self.doors.clock()
        if not kept:
            standby = Standby.LOST if instance.multi_az else Standby.NONE
            return State(standby=standby, retry_at=now), secrets.token_urlsafe(24)
        row: dict[str, Any] = kept["state"]
        state = State(**{**row, "phase": Phase(row["phase"]), "primary": Side(row["primary"]),
                         "standby": Standby(row["standby"]), "retry_at": now})
        halfway = state.standby in (Standby.FOLLOWING, Standby.CLOSING)
        return replace(state, standby=Standby.LOST) if halfway else state, str(kept["replicator"])

    def keep(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = self.root / f"{NOTES}.new"
        new.write_text(json.dumps({"state": asdict(self.state), "replicator": self.hands.replicator,
                                   "host": self.instance.host, "zones": self.zones}))
        new.replace(self.root / NOTES)

    def begin(self) -> None:
        """Where a former process left off: the name of a primary that serves is known again."""
        self.keep()
        if self.state.phase is Phase.SERVING:
            side = self.state.primary if self.state.flip_at is None else self.state.primary.other
            self.doors.names.point(self.instance.host, self.hands.where(side).address)
            with suppress(*FAULTS):             # a server that is gone is missed at the first look
                self._refresh({})

    def step(self) -> None:
        for event in [*self.eyes.look(self.state), Tick()]:
            self.tell(event)

    def tell(self, event: Event) -> None:
        """The state is on disk before anything is done about it."""
        events = [event]
        while events:
            happened = events.pop(0)
            state, actions = decide(self.state, happened, self.doors.clock(), flip_delay=self.doors.flip_delay)
            if state != self.state:
                self._note(happened, state)
            for action in actions:
                after = self._try(action)
                events += [after] if after else []
                if isinstance(after, Failed | PromotionFailed):
                    break

    def _note(self, event: Event, state: State) -> None:
        self.state = state
        self.keep()
        if not isinstance(event, Tick):
            self.doors.say(f"{self.instance.identifier}: {event}: {state.phase}, primary {state.primary}, "
                           f"standby {state.standby}")

    def _try(self, action: Action) -> Event | None:
        try:
            return self.hands.do(action, self.state.primary, self.state.agreed)
        except FAULTS as error:
            why = f"{error.what}: {error.why}" if isinstance(error, Failure) else str(error)
            self.doors.say(f"{self.instance.identifier}: {action}: {why}")
            if isinstance(action, Promote) and not self.hands.servers[action.side].alive:
                return PromotionFailed()
            return Failed()

    # -- what others ask for

    def standing(self) -> Standing:
        applied = parameters.apply(self.instance.parameters, variables())
        first, second = self.zones
        ours, other = (first, second) if self.state.primary is Side.A else (second, first)
        pending = tuple(f"parameter {name} waits for a reboot" for name in self.waiting)
        return Standing(self.instance.identifier, "stopped" if self.instance.stopped else self.state.status, ours,
                        other if self.instance.multi_az else None, f"MariaDB {self.doors.template.version}",
                        (*remarks(self.instance), *applied.remarks, *pending))

    def become(self, instance: Instance) -> None:
        """The same instance, as it is described now."""
        before, self.hands.instance = self.instance, instance
        if self.state.phase is not Phase.SERVING:
            return                              # it starts with what it is now
        if (before.master, before.parameters) != (instance.master, instance.parameters):
            self._refresh(before.parameters)

    def _refresh(self, before: Mapping[str, str]) -> None:
        with self.hands.servers[self.state.primary].control() as control:
            accounts.put_master(control, self.instance.master)
        self._set(before, self.instance.parameters)

    def _set(self, before: Mapping[str, str], now: Mapping[str, str]) -> None:
        """What can change while it serves, does."""
        was, wanted = (parameters.apply(of, variables()).options for of in (before, now))
        changed = {name: value for name, value in wanted.items() if was.get(name) != value}
        waiting = {name for name in was if name not in wanted}
        for server in self.hands.servers.values():
            if server.alive and changed:
                with server.control() as control:
                    waiting |= {name for name in changed if not parameters.set_live(control, name, changed[name])}
        self.waiting = tuple(sorted({*self.waiting, *waiting}))

    def halt(self) -> None:
        """Its servers end and its data stay; it starts again with the primary, which has everything."""
        for side in (self.state.primary, self.state.primary.other):
            self.hands.servers[side].stop()
        standby = self.state.standby if self.state.standby is Standby.NONE else Standby.LOST
        self.state = State(Phase.STARTING, self.state.primary, standby, self.state.agreed, retry_at=self.doors.clock())
        self.keep()

    def remove(self) -> None:
        remove(self.root)
        self.doors.names.forget(self.instance.host)


def read_notes(root: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((root / NOTES).read_text()))
    except FileNotFoundError:
        return {}


def remove(root: Path) -> None:
    """Servers and data of an instance, whoever started them."""
    for server in Hands.servers_in(root).values():
        server.remove()
    shutil.rmtree(root, ignore_errors=True)


def remarks(instance: Instance) -> list[str]:
    """What is not as on RDS, whatever the parameters are."""
    said = [f"{instance.engine} {instance.version} is rehearsed by MariaDB: MySQL 8's collations, authentication "
            "plugins and optimizer are not in it"] if instance.engine != "mariadb" else []
    return [*said, "IAM database authentication is not rehearsed"]
