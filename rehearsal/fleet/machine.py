"""What this machine runs of the fleet, and the doing of each action that `rehearsal.reconcile` decides."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import singledispatchmethod
from pathlib import Path

from rehearsal import reconcile as plan
from rehearsal.fleet import vpc as vpcs
from rehearsal.fleet.ami import Image
from rehearsal.fleet.box import Box, Files, boot, load_rules
from rehearsal.fleet.metadata import Credentials, Identity, Metadata
from rehearsal.fleet.parts import Part
from rehearsal.fleet.sg import Groups
from rehearsal.fleet.surroundings import Surroundings
from rehearsal.fleet.vpc import Vpc

Tell = Callable[[str, int], None]       # the API hears that a box has ended


@dataclass
class Machine:
    state: Path
    image: Image
    cloud: str                          # the endpoint that boxes' calls are led to
    credentials: Credentials
    tell: Tell
    vpcs: dict[str, Vpc] = field(default_factory=dict)
    around: dict[str, Surroundings] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)       # by address
    firewalls: dict[str, plan.Firewall] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    falling: set[str] = field(default_factory=set)                      # ended at the last look
    trouble: dict[str, str] = field(default_factory=dict)               # what could not be done, and why
    groups: Groups = field(default_factory=dict)

    def files(self, box: str) -> Files:
        return Files(self.state / "boxes" / box)

    def running(self) -> plan.Running:
        for name in [name for name, vpc in self.vpcs.items() if not vpc.alive]:
            self._forget(name)
        alive = {name for name, box in self.boxes.items() if box.alive}
        ended = {name: code for name, box in self.boxes.items() if (code := box.ending) is not None}
        # A VPC that falls takes its boxes along, and is seen to be gone a moment after them: only what is still ended
        # at the next look has ended by itself.
        just_now = ended.keys() - self.falling
        self.falling = set(ended)
        alive |= just_now
        ended = {name: code for name, code in ended.items() if name not in just_now}
        disks = self.state / "boxes"
        return plan.Running(
            frozenset(self.vpcs), frozenset(alive), ended, frozenset(self.told),
            frozenset(path.name for path in disks.iterdir()) if disks.is_dir() else frozenset(), dict(self.firewalls))

    def know(self, want: plan.Wanted) -> None:
        """What boxes are told of themselves may change while they run: their tags, their place in life."""
        self.groups = want.groups
        self.identities = {one.identity.ip: one.identity for one in want.boxes.values()}

    def settle(self, parts: list[Part]) -> None:
        """Addresses and names of what is no instance."""
        for name, vpc in self.vpcs.items():
            here = [part for part in parts if part.vpc == name]
            for address in {address for part in here for address in part.addresses} - vpc.addresses:
                vpc.add_address(address)
            self.around[name].dns.records = {known: ip for part in here for known, ip in part.names.items()}

    @singledispatchmethod
    def do(self, action: plan.Action) -> None:
        raise AssertionError(f"{action} is no action")

    @do.register
    def _(self, action: plan.MakeVpc) -> None:
        vpc = self.vpcs[action.id] = vpcs.up(action.id, action.cidr)
        about = Metadata(lambda address: self.identities.get(address), self.credentials)
        self.around[action.id] = Surroundings(vpc, about, self.cloud)

    @do.register
    def _(self, action: plan.DropVpc) -> None:
        self._forget(action.id)

    def _forget(self, name: str) -> None:
        self.around.pop(name).close()
        vpc = self.vpcs.pop(name)
        vpc.down()
        for box in [box for box, held in self.boxes.items() if held.vpc == name]:
            self.boxes.pop(box).process.wait(timeout=10)
            self.firewalls.pop(box, None)

    @do.register
    def _(self, action: plan.Boot) -> None:
        identity = action.instance.identity
        vpc = self.vpcs[identity.vpc]
        rules = action.firewall.text(self.groups, vpc.resolver)
        self.told.discard(identity.id)
        self.boxes[identity.id] = boot(vpc, self.image, identity.id, self.files(identity.id).path,
                                       action.instance.where, rules)
        self.firewalls[identity.id] = action.firewall

    @do.register
    def _(self, action: plan.Stop) -> None:
        self.boxes.pop(action.id).stop()
        self.firewalls.pop(action.id, None)
        self.told.discard(action.id)

    @do.register
    def _(self, action: plan.Remove) -> None:
        if box := self.boxes.pop(action.id, None):
            box.kill()
        self.firewalls.pop(action.id, None)
        self.told.discard(action.id)
        if self.files(action.id).path.is_dir():
            self.files(action.id).remove()

    @do.register
    def _(self, action: plan.Protect) -> None:
        box = self.boxes[action.id]
        load_rules(box.pid, action.firewall.text(self.groups, self.vpcs[box.vpc].resolver))
        self.firewalls[action.id] = action.firewall

    @do.register
    def _(self, action: plan.Admit) -> None:
        load_rules(self.boxes[action.id].pid, action.changes)
        self.firewalls[action.id] = action.firewall

    @do.register
    def _(self, action: plan.Report) -> None:
        self.tell(action.id, action.code)
        self.told.add(action.id)

    def down(self) -> None:
        for name in list(self.vpcs):
            self._forget(name)
        self.write_down()

    def write_down(self) -> None:
        """For other processes: which boxes there are, and how to get into them."""
        self.state.mkdir(parents=True, exist_ok=True)
        told = {"controller": os.getpid(), "image": self.image.id, "trouble": self.trouble,
                "vpcs": {name: vpc.pid for name, vpc in self.vpcs.items()},
                "boxes": {name: {"pid": box.pid, "began": box.began, "ip": box.where.ip, "vpc": box.vpc,
                                 "name": self._tag(box, "Name"), "tier": self._tag(box, "coko:tier")}
                          for name, box in self.boxes.items() if box.alive}}
        made = self.state / "fleet.json.new"
        made.write_text(json.dumps(told, indent=2))
        made.replace(self.state / "fleet.json")

    def _tag(self, box: Box, key: str) -> str:
        identity = self.identities.get(box.where.ip)
        return identity.tags.get(key, "") if identity else ""
