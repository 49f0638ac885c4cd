"""Which parts should run, by what the cloud's API says, and what is to be done so that they do: pure.

`wanted` reads a snapshot of the API; `reconcile` compares it with what runs and returns the actions. After they
are done the same comparison returns none, until something is killed or the API says something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rehearsal.fleet import sg
from rehearsal.fleet.metadata import Identity
from rehearsal.fleet.sg import Groups, Members
from rehearsal.fleet.vpc import Address

UP, DOWN = ("pending", "running"), ("stopping", "stopped")


@dataclass(frozen=True)
class Instance:
    """One EC2 instance as the API describes it."""

    identity: Identity
    state: str
    where: Address
    groups: tuple[str, ...]
    fleet: str = ""             # its Auto Scaling group; others are recorded, not run


@dataclass(frozen=True)
class Snapshot:
    """What the API says."""

    vpcs: Mapping[str, str] = field(default_factory=dict)               # id → CIDR
    instances: tuple[Instance, ...] = ()
    groups: Groups = field(default_factory=dict)
    members: Members = field(default_factory=dict)                      # of all groups, also of what is no instance


@dataclass(frozen=True)
class Firewall:
    """The rules of one box, as far as they concern it."""

    rules: str                          # with empty sets: what changes seldom
    mine: tuple[str, ...]
    members: Members

    def text(self, groups: Groups, resolver: str) -> str:
        return sg.render(groups, self.mine, self.members, resolver)


@dataclass(frozen=True)
class Wanted:
    vpcs: Mapping[str, str]
    boxes: Mapping[str, Instance]
    kept: frozenset[str]                # stopped: their disks stay
    firewalls: Mapping[str, Firewall]
    groups: Groups


@dataclass(frozen=True)
class Running:
    """What this machine really runs."""

    vpcs: frozenset[str] = frozenset()
    boxes: frozenset[str] = frozenset()
    ended: Mapping[str, int] = field(default_factory=dict)      # by themselves or by force: the exit code
    told: frozenset[str] = frozenset()                          # whose end the API has heard of
    disks: frozenset[str] = frozenset()
    firewalls: Mapping[str, Firewall] = field(default_factory=dict)


@dataclass(frozen=True)
class MakeVpc:
    id: str
    cidr: str


@dataclass(frozen=True)
class DropVpc:
    id: str


@dataclass(frozen=True)
class Boot:
    instance: Instance
    firewall: Firewall


@dataclass(frozen=True)
class Stop:
    """A shutdown; the disk stays."""

    id: str


@dataclass(frozen=True)
class Remove:
    """Gone, with its disk."""

    id: str


@dataclass(frozen=True)
class Protect:
    """New rules."""

    id: str
    firewall: Firewall


@dataclass(frozen=True)
class Admit:
    """The same rules, other members."""

    id: str
    firewall: Firewall
    changes: str


@dataclass(frozen=True)
class Report:
    """A box ended and nobody had asked for it."""

    id: str
    code: int


Action = MakeVpc | DropVpc | Boot | Stop | Remove | Protect | Admit | Report
REBOOT = 75


def wanted(snapshot: Snapshot) -> Wanted:
    ours = [one for one in snapshot.instances if one.fleet]
    boxes = {one.identity.id: one for one in ours if one.state in UP}
    vpcs = {one.identity.vpc: snapshot.vpcs[one.identity.vpc] for one in boxes.values()}
    return Wanted(vpcs, boxes, frozenset(one.identity.id for one in ours if one.state in DOWN),
                  {name: firewall(one, snapshot) for name, one in boxes.items()}, snapshot.groups)


def firewall(instance: Instance, snapshot: Snapshot) -> Firewall:
    named = sg.named_groups(snapshot.groups, instance.groups)
    members = {group: snapshot.members.get(group, frozenset()) for group in named}
    return Firewall(sg.render(snapshot.groups, instance.groups, {}, ""), instance.groups, members)


def reconcile(want: Wanted, now: Running) -> list[Action]:
    """What must go, goes first; then networks, boxes, rules."""
    actions: list[Action] = []
    actions += [Stop(box) for box in sorted((now.boxes | now.ended.keys()) & want.kept)]
    known = now.boxes | now.disks | now.ended.keys()
    actions += [Remove(box) for box in sorted(known - want.boxes.keys() - want.kept)]
    actions += [DropVpc(vpc) for vpc in sorted(now.vpcs - want.vpcs.keys())]
    actions += [MakeVpc(vpc, cidr) for vpc, cidr in sorted(want.vpcs.items()) if vpc not in now.vpcs]
    for name, instance in sorted(want.boxes.items()):
        actions += _box(name, instance, want.firewalls[name], want.groups, now)
    return actions


def _box(name: str, instance: Instance, firewall: Firewall, groups: Groups, now: Running) -> list[Action]:
    fell_with_its_vpc = instance.identity.vpc not in now.vpcs
    if name not in now.boxes and (name not in now.ended or now.ended[name] == REBOOT or fell_with_its_vpc):
        return [Boot(instance, firewall)]
    if name not in now.boxes:
        return [] if name in now.told else [Report(name, now.ended[name])]
    loaded = now.firewalls.get(name)
    if loaded is None or loaded.rules != firewall.rules:
        return [Protect(name, firewall)]
    changes = sg.membership(groups, firewall.mine, loaded.members, firewall.members)
    return [Admit(name, firewall, changes)] if changes else []
