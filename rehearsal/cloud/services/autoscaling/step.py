"""What goes on by itself, several times a second: sizes are kept, hooks run out, the sick are replaced, refreshes move.

In `up --only cloud` an instance is a record and runs as soon as it is launched. With the fleet, boxes boot behind
these records, and a hook or the balancer's verdict is what makes a group wait.
"""

from __future__ import annotations

from rehearsal.cloud.errors import AwsError
from rehearsal.cloud.services.autoscaling import refreshes
from rehearsal.cloud.services.autoscaling.capacity import is_of, missing, next_subnets, next_to_end
from rehearsal.cloud.services.autoscaling.fleet import Fleet
from rehearsal.cloud.services.autoscaling.model import ANSWERS, ROOM, Group, Member, groups_of
from rehearsal.cloud.world import World

LOST = ("stopping", "stopped", "shutting-down", "terminated")


@ANSWERS.tick
def tick(world: World, now: float) -> bool:
    regions = [name.removeprefix(ROOM) for name in world.rooms if name.startswith(ROOM)]
    moved = [step(Fleet(world, region), group) for region in regions
             for group in list(groups_of(world, region).values())]
    return any(moved)


def step(fleet: Fleet, group: Group) -> bool:
    """One move of one group; whether there was one."""
    moves = (_lost, _waits, _pending, _unhealthy, _refresh, _size, _deleted)
    moved = [move(fleet, group) for move in moves]      # all of them, not only until one has moved
    return any(moved)


def _lost(fleet: Fleet, group: Group) -> bool:
    """Somebody stopped or terminated an instance behind the group's back."""
    watched = [m for m in group.members if m.healthy and not m.state.startswith(("Terminating", "Standby"))]
    if not watched or not group.runs("HealthCheck"):
        return False
    states = instance_states(fleet, watched)
    lost = [m for m in watched if states.get(m.id, "terminated") in LOST]
    for member in lost:
        member.healthy = False
    return bool(lost)


def instance_states(fleet: Fleet, members: list[Member]) -> dict[str, str]:
    """Straight from EC2's memory: this is asked ten times a second."""
    from moto.ec2.models import ec2_backends

    from rehearsal.cloud.gate import ACCOUNT
    wanted = {m.id for m in members}
    return {i.id: i.state for i in ec2_backends[ACCOUNT][fleet.region].all_instances() if i.id in wanted}


def _waits(fleet: Fleet, group: Group) -> bool:
    """Hooks whose time has run out get their default result."""
    now, moved = fleet.world.clock(), False
    for member in list(group.members):
        for name, (_, until) in list(member.waits.items()):
            if now >= until:
                complete(fleet, group, member, name, group.hooks[name].default if name in group.hooks else "CONTINUE")
                moved = True
    return moved


def complete(fleet: Fleet, group: Group, member: Member, hook: str, result: str) -> None:
    """One hook is done. To abandon a launch ends the instance; to abandon an end only stops the waiting."""
    member.waits.pop(hook, None)
    if result == "ABANDON":
        member.waits.clear()
        if member.state.startswith("Pending"):
            fleet.begin_end(group, member, f"lifecycle hook {hook} was abandoned")
            return
    if not member.waits:
        member.state = member.state.replace(":Wait", ":Proceed")


def _pending(fleet: Fleet, group: Group) -> bool:
    moved = False
    for member in list(group.members):
        if member.state in ("Pending", "Pending:Proceed") and member.healthy:
            fleet.serve(group, member)
            moved = True
        elif member.state == "Terminating:Proceed":
            fleet.end(group, member)
            moved = True
    return moved


def _unhealthy(fleet: Fleet, group: Group) -> bool:
    if not (group.runs("ReplaceUnhealthy") and group.runs("Terminate")):
        return False
    sick = [m for m in group.members if not m.healthy and not m.state.startswith("Terminating")]
    for member in sick:
        fleet.begin_end(group, member, "an instance was taken out of service in response to an EC2 health check")
    return bool(sick)


def _refresh(fleet: Fleet, group: Group) -> bool:
    return refreshes.advance(fleet, group) if group.refresh and group.runs("InstanceRefresh") else False


def _size(fleet: Fleet, group: Group) -> bool:
    difference = missing(group)
    if difference > 0 and group.runs("Launch") and not group.deleting:
        if group.trouble and fleet.world.clock() < group.trouble[1]:
            return False
        for subnet in next_subnets(group, difference):
            if fleet.launch(group, subnet, "an instance was started to reach the desired capacity") is None:
                break
        return True
    if difference < 0 and group.runs("Terminate"):
        try:
            wanted = fleet.resolve(group.template)
        except AwsError:
            wanted = {}
        chosen = next_to_end(group, -difference, lambda m: is_of(wanted, m))
        for member in chosen:
            fleet.begin_end(group, member, "an instance was taken out of service to reach the desired capacity")
        return bool(chosen)
    return False


def _deleted(fleet: Fleet, group: Group) -> bool:
    if group.deleting and not group.members:
        return groups_of(fleet.world, fleet.region).pop(group.name, None) is not None
    return False
