"""Keeps the API's database instances and the servers of this machine in agreement; reboots and fails over when asked.

The servers outlive this process, and the next one finds them by what they wrote down. Only `down` ends them.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from pipelines.errors import ExitCode, Failure
from rehearsal.database.api import Described
from rehearsal.database.eyes import FAULTS
from rehearsal.database.hands import Doors
from rehearsal.database.pair import Pair, read_notes, remove
from rehearsal.database.reconcile import Action, Change, Create, Halt, Remove, Resume, Shape, reconcile
from rehearsal.database.states import Reboot, WantStandby

PAUSE = 0.02            # between looks at the servers; a lost one is noticed after as much
LOOK = 0.25             # seconds between looks at the API
AGAIN = 5.0             # seconds until what failed is tried again
INSTANCES, STANDINGS, REQUESTS = "instances", "standings.json", "requests"


class Cloud(Protocol):
    def version(self) -> str: ...

    def described(self) -> Described: ...


@dataclass
class Service:
    root: Path
    cloud: Cloud
    doors: Doors
    pairs: dict[str, Pair] = field(default_factory=dict)
    want: Described | None = None
    version: str = ""
    next_look: float = 0.0
    waiting: dict[str, float] = field(default_factory=dict)
    told: str = ""

    def run(self, stopping: threading.Event) -> None:
        while not stopping.wait(PAUSE):
            self.step()

    def step(self) -> None:
        """While the API does not answer, what it last said stands; servers are looked after either way."""
        if self.doors.clock() >= self.next_look:
            self.next_look = self.doors.clock() + LOOK
            self._look()
        if self.want is not None:
            now = {name: pair.instance for name, pair in self.pairs.items()}
            for action in reconcile(self.want.instances, now, self._on_disk()):
                self._do(action)
        for request in sorted((self.root / REQUESTS).glob("*.json")):
            self._serve(request)
        for pair in self.pairs.values():
            if not pair.instance.stopped:
                pair.step()
        self._tell()

    def _look(self) -> None:
        try:
            version = self.cloud.version()
            if version != self.version:
                self.want, self.version = self.cloud.described(), version
                for why in self.want.refused.values():
                    self.doors.say(why)
        except (OSError, BotoCoreError, ClientError, KeyError, ValueError) as error:
            self._trouble("the cloud", error)

    def _on_disk(self) -> list[str]:
        directory = self.root / INSTANCES
        return [path.name for path in directory.iterdir()] if directory.is_dir() else []

    def _do(self, action: Action) -> None:
        name = action.identifier if isinstance(action, Remove) else action.instance.identifier
        if self.waiting.get(name, 0.0) > self.doors.clock():
            return
        try:
            self._apply(name, action)
            self.waiting.pop(name, None)
        except FAULTS as error:
            self._trouble(name, error)

    def _apply(self, name: str, action: Action) -> None:
        match action:
            case Create(instance):
                self.pairs[name] = Pair(self.root / INSTANCES / name, instance, self.doors)
                self.pairs[name].begin()
                self.pairs[name].tell(WantStandby(instance.multi_az))
                if instance.stopped:
                    self.pairs[name].halt()
            case Change(instance):
                self.pairs[name].become(instance)
            case Shape(instance):
                self.pairs[name].become(instance)
                self.pairs[name].tell(WantStandby(instance.multi_az))
            case Halt(instance):
                self.pairs[name].halt()
                self.pairs[name].become(instance)
            case Resume(instance):
                self.pairs[name].become(instance)
                self.pairs[name].tell(WantStandby(instance.multi_az))
            case Remove():
                self._remove(name)

    def _remove(self, name: str) -> None:
        root = self.root / INSTANCES / name
        host = read_notes(root).get("host")
        remove(root)
        self.pairs.pop(name, None)
        if host:
            self.doors.names.forget(host)

    def _serve(self, request: Path) -> None:
        """A reboot that somebody asked for; it is done once."""
        try:
            asked = json.loads(request.read_text())
        finally:
            request.unlink()
        with suppress(KeyError):
            self.reboot(asked["identifier"], failover=bool(asked["failover"]))

    def reboot(self, identifier: str, *, failover: bool = False) -> None:
        self.pairs[identifier].tell(Reboot(failover))

    def _tell(self) -> None:
        """For whoever wants to know how it really stands."""
        text = json.dumps(self.standings(), indent=2)
        if text != self.told:
            self.told = text
            self.root.mkdir(parents=True, exist_ok=True)
            new = self.root / f"{STANDINGS}.new"
            new.write_text(text + "\n")
            new.replace(self.root / STANDINGS)

    def standings(self) -> dict[str, Any]:
        return {name: pair.standing().as_json() for name, pair in sorted(self.pairs.items())}

    def _trouble(self, subject: str, error: Exception) -> None:
        if self.waiting.get(subject, 0.0) <= self.doors.clock():
            why = f"{error.what}: {error.why}; next: {error.next}" if isinstance(error, Failure) else str(error)
            self.doors.say(f"{subject}: {why}")
            self.waiting[subject] = self.doors.clock() + AGAIN


def standings(root: Path) -> Mapping[str, Any]:
    with suppress(OSError, ValueError):
        return dict(json.loads((root / STANDINGS).read_text()))
    return {}


def ask_reboot(root: Path, identifier: str, *, failover: bool) -> None:
    """From another process. Refused where RDS would refuse it."""
    found = standings(root).get(identifier)
    if found is None:
        running = ", ".join(standings(root)) or "none"
        raise Failure(f"there is no database instance {identifier}", why=f"running: {running}",
                      next="coko rehearse status", exit_code=ExitCode.BAD_INPUT)
    if failover and found["SecondaryAvailabilityZone"] is None:
        raise refused(identifier, "it is not Multi-AZ: there is nobody to take over")
    if found["DBInstanceStatus"] != "available":
        raise refused(identifier, f"it is {found['DBInstanceStatus']}")
    directory = root / REQUESTS
    directory.mkdir(exist_ok=True)
    new = directory / f"{identifier}.new"
    new.write_text(json.dumps({"identifier": identifier, "failover": failover}))
    new.replace(directory / f"{identifier}.json")


def refused(identifier: str, why: str) -> Failure:
    return Failure(f"{identifier} cannot be rebooted now", why=why, next="coko rehearse status",
                   exit_code=ExitCode.REFUSED)


def down(root: Path) -> None:
    """Every server and every file, whoever started them."""
    directory = root / INSTANCES
    for path in directory.iterdir() if directory.is_dir() else ():
        remove(path)
    shutil.rmtree(root, ignore_errors=True)

