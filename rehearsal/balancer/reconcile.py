"""What is to be done so that what runs is what the API says: pure. Once it is, the same comparison says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rehearsal.balancer.members import Member
from rehearsal.balancer.model import Balancer, Model, Target, TargetGroup, groups_of

Key = tuple[str, str]       # a target group's ARN, a target's key


@dataclass(frozen=True)
class Running:
    """One HAProxy."""

    shape: str
    alive: bool
    members: Mapping[Key, Member] = field(default_factory=dict)


@dataclass(frozen=True)
class Begin:
    balancer: Balancer


@dataclass(frozen=True)
class Reload:
    balancer: Balancer


@dataclass(frozen=True)
class End:
    directory: str


@dataclass(frozen=True)
class Register:
    directory: str
    group: TargetGroup
    target: Target


@dataclass(frozen=True)
class Leave:
    directory: str
    key: Key
    group: TargetGroup | None


Action = Begin | Reload | End | Register | Leave


def reconcile(model: Model, shapes: Mapping[str, str], running: Mapping[str, Running]) -> list[Action]:
    """`shapes` are the wanted configurations by directory. One without listeners has nothing to run."""
    wanted = {one.directory: one for one in model.balancers if one.listeners}
    actions: list[Action] = [End(directory) for directory in sorted(running.keys() - wanted.keys())]
    for directory, balancer in sorted(wanted.items()):
        now = running.get(directory)
        if now is None or not now.alive:
            actions.append(Begin(balancer))
            now = Running("", True)
        elif now.shape != shapes[directory]:
            actions.append(Reload(balancer))
        actions += _targets(directory, {group.arn: group for group in groups_of(balancer, model.groups)}, now)
    return actions


def _targets(directory: str, groups: Mapping[str, TargetGroup], now: Running) -> list[Action]:
    wanted = {(arn, target.key): (group, target) for arn, group in groups.items()
              for target in group.targets if target.address}
    actions: list[Action] = []
    for key, member in sorted(now.members.items()):
        moved = key in wanted and wanted[key][1].address != member.target.address
        if member.drain is None and key[0] in groups and (moved or key not in wanted):
            actions.append(Leave(directory, key, groups.get(key[0])))
    # One that is still draining is let go first, and comes back as a new one.
    actions += [Register(directory, group, target) for key, (group, target) in sorted(wanted.items())
                if key not in now.members]
    return actions
