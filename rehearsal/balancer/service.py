"""Keeps HAProxy as the ELBv2 API says, and the API's target health as HAProxy says.

`refresh` looks at the API and makes what runs agree with it; `tick` looks at HAProxy. Neither raises for what a user or
a killed process can cause: it is said, kept in `problems`, and tried again.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipelines.errors import Failure
from rehearsal.balancer import health
from rehearsal.balancer.admin import Silent
from rehearsal.balancer.certificates import Authority
from rehearsal.balancer.health import Health
from rehearsal.balancer.model import Balancer, Model, Target, TargetGroup
from rehearsal.balancer.part import Part
from rehearsal.balancer.process import Haproxy
from rehearsal.balancer.reconcile import Action, Begin, End, Leave, Register, Reload, reconcile
from rehearsal.balancer.render import Where, certificate_file, shape

TICK, REFRESH = 0.1, 0.5        # seconds of this machine: how often HAProxy and the API are looked at
HEALTH = "health.json"


@dataclass(frozen=True)
class Doors:
    """What the service needs of the world around it."""

    read: Callable[[], Model]
    names: Callable[[str], Sequence[str]]                   # of an ACM certificate
    where: Callable[[Balancer], Where] = lambda _: Where()
    say: Callable[[str], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time


@dataclass
class Service:
    directory: Path
    doors: Doors
    scale: float = 1.0
    parts: dict[str, Part] = field(default_factory=dict)
    model: Model = field(default_factory=Model)
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def authority(self) -> Authority:
        return Authority(self.directory / "ca")

    def refresh(self) -> None:
        """Look at the API; do what is to be done."""
        try:
            self.model = self.doors.read()
            self._solved("the API")
        except (BotoCoreError, ClientError) as error:
            self._problem("the API", f"the balancers' state cannot be read: {error}")
            return
        for gone in [about for about in self.problems if about.startswith("arn:") and about not in self.model.problems]:
            self._solved(gone)
        for arn, why in self.model.problems.items():
            self._problem(arn, f"not run here: {why}")
        shapes = {one.directory: shape(one, self.model.groups, self._where(one), self.scale)
                  for one in self.model.balancers if self._is_whole(one)}
        whole = Model(tuple(one for one in self.model.balancers if one.directory in shapes), self.model.groups)
        for action in reconcile(whole, shapes, {name: part.running for name, part in self.parts.items()}):
            self._do(action)

    def tick(self) -> None:
        """Look at every HAProxy; publish what is seen."""
        for part in self.parts.values():
            try:
                if part.haproxy.alive:
                    part.tick()
                    part.write_access_log(self.model.groups)
            except Silent as silent:
                self.doors.say(str(silent))
        self.publish()

    def run(self, stop: threading.Event) -> None:
        looked = -REFRESH
        while not stop.is_set():
            died = any(not part.haproxy.alive for part in self.parts.values())
            if died or self.doors.clock() - looked >= REFRESH:
                self.refresh()
                looked = self.doors.clock()
            self.tick()
            stop.wait(TICK)

    def close(self) -> None:
        for part in self.parts.values():
            part.haproxy.stop()
        self.parts.clear()

    def health(self) -> dict[str, list[tuple[Target, Health]]]:
        """Every target of every group, those that leave included."""
        members = [member for part in list(self.parts.values()) if part.haproxy.alive
                   for member in list(part.members.values())]
        used = {member.group for member in members} | self._used()
        found: dict[str, list[tuple[Target, Health]]] = {}
        for arn, group in self.model.groups.items():
            known = {member.target.key: (member.target, member.health) for member in members if member.group == arn}
            for target in group.targets:
                known.setdefault(target.key, (target, _unknown(target, arn in used)))
            found[arn] = [known[key] for key in sorted(known)]
        return found

    def publish(self) -> None:
        """In the form of DescribeTargetHealth, whole at any moment."""
        groups = {arn: [described(self.model.groups[arn], target, one) for target, one in rows]
                  for arn, rows in self.health().items()}
        made = self.directory / f"{HEALTH}.new"
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        made.write_text(json.dumps({"at": self.doors.now(), "scale": self.scale, "groups": groups,
                                    "problems": self.problems}))
        made.replace(self.directory / HEALTH)

    def _do(self, action: Action) -> None:
        name = action.balancer.directory if isinstance(action, Begin | Reload) else action.directory
        try:
            match action:
                case Begin(balancer):
                    self._certify(balancer)
                    self._begin(balancer)
                case Reload(balancer):
                    self._certify(balancer)
                    self.parts[name].reload(balancer, self.model.groups)
                case End(directory):
                    self.parts.pop(directory).haproxy.stop()
                case Register(directory, group, target) if directory in self.parts:
                    self.parts[directory].register(group, target)
                case Leave(directory, key, group) if directory in self.parts:
                    self.parts[directory].leave(key, group)
                case _:         # its HAProxy did not start: that is the problem, and it stays one
                    return
            self._solved(name)
        except (Failure, Silent, BotoCoreError, ClientError) as error:
            self._problem(name, f"{error}: {error.why}" if isinstance(error, Failure) else str(error))

    def _begin(self, balancer: Balancer) -> None:
        if before := self.parts.pop(balancer.directory, None):
            self.doors.say(f"{balancer.suffix}: HAProxy ended {before.haproxy.ending}; it is started again")
        haproxy = Haproxy(self.directory / balancer.directory, self._where(balancer))
        part = Part(balancer, haproxy, self.scale, self.doors.clock, self.doors.say)
        part.begin(self.model.groups)
        self.parts[balancer.directory] = part

    def _where(self, balancer: Balancer) -> Where:
        part = self.parts.get(balancer.directory)
        return part.where if part and part.haproxy.alive else self.doors.where(balancer)

    def _certify(self, balancer: Balancer) -> None:
        for arn in {arn for listener in balancer.listeners for arn in listener.certificates}:
            path = self.directory / balancer.directory / "certificates" / certificate_file(arn)
            self.authority.issue(path, self.doors.names(arn))

    def _is_whole(self, balancer: Balancer) -> bool:
        """A balancer is read in several calls: what it forwards to may have gone in between."""
        named = {getattr(rule.action, "target_group", None) for one in balancer.listeners for rule in one.rules}
        return named - {None} <= self.model.groups.keys()

    def _used(self) -> set[str]:
        return {rule.action.target_group for one in self.model.balancers for listener in one.listeners
                for rule in listener.rules if hasattr(rule.action, "target_group")}

    def _problem(self, about: str, why: str) -> None:
        if self.problems.get(about) != why:
            self.problems[about] = why
            self.doors.say(f"{about}: {why}")

    def _solved(self, about: str) -> None:
        self.problems.pop(about, None)


def _unknown(target: Target, used: bool) -> Health:
    if not target.address:
        return health.invalid(target.unusable or "Target has no address")
    return health.REGISTERING if used else health.NOT_IN_USE


def described(group: TargetGroup, target: Target, found: Health) -> Mapping[str, Any]:
    return {"Target": {"Id": target.id, "Port": target.port},
            "HealthCheckPort": str(group.check.port or target.port), "TargetHealth": found.shown()}
