"""A world in memory: instances, one or more target groups, alarms and a mailbox, all of which a test may disturb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..machine.signals import Health
from .protocols import AlarmStates, Instance, PortError, Ports, TagFilter


@dataclass
class World:
    """Plain state and all five ports over it. `down` makes every port refuse."""

    instances: dict[str, Instance] = field(default_factory=dict)
    asgs: set[str] = field(default_factory=set)
    targets: dict[str, dict[str, Health]] = field(default_factory=dict)
    alarms: dict[str, bool] = field(default_factory=dict)
    hooks: dict[tuple[str, str], bool] = field(default_factory=dict)
    completed: list[tuple[str, str]] = field(default_factory=list)
    heartbeats: list[str] = field(default_factory=list)
    letters: list[tuple[str, str, str]] = field(default_factory=list)
    joining: str = "healthy"
    draining: bool = False
    down: bool = False

    def ports(self) -> Ports:
        return Ports(MemoryFleet(self), MemoryBalancer(self), MemoryAlarms(self), MemoryScaling(self), MemoryMail(self))

    def reach(self) -> None:
        if self.down:
            raise PortError("the cloud does not answer")

    def add(self, *ids: str, asg: str = "", lifecycle: str = "", tags: Mapping[str, str] | None = None) -> None:
        if asg:
            self.asgs.add(asg)
        for name in ids:
            state = lifecycle or ("InService" if asg else "")
            self.instances[name] = Instance(name, True, asg, state, tags or {})

    def lose(self, name: str) -> None:
        """The instance dies; the balancer forgets it."""
        self.instances[name] = replace(self.instances[name], alive=False)
        for group in self.targets.values():
            group.pop(name, None)

    def settle(self) -> None:
        """Health checks pass and connections drain."""
        for group in self.targets.values():
            for name, health in list(group.items()):
                if health.state == "initial":
                    group[name] = Health("healthy")
                elif health.state == "draining":
                    del group[name]


@dataclass(frozen=True)
class MemoryFleet:
    world: World

    def members(self, asgs: Sequence[str]) -> list[Instance]:
        self.world.reach()
        return [each for each in self.world.instances.values() if each.asg and each.asg in asgs]

    def missing(self, asgs: Sequence[str]) -> list[str]:
        self.world.reach()
        return [name for name in asgs if name not in self.world.asgs]

    def tagged(self, tag_sets: Sequence[Sequence[TagFilter]]) -> list[Instance]:
        self.world.reach()
        alive = [each for each in self.world.instances.values() if each.alive]
        return [each for each in alive if all(any(one.matches(each.tags) for one in filters) for filters in tag_sets)]

    def alive(self, ids: Sequence[str]) -> Mapping[str, bool]:
        self.world.reach()
        return {name: name in self.world.instances and self.world.instances[name].alive for name in ids}

    def terminate(self, ids: Sequence[str]) -> None:
        self.world.reach()
        for name in ids:
            self.world.lose(name)


@dataclass(frozen=True)
class MemoryBalancer:
    world: World

    def missing(self, names: Sequence[str]) -> list[str]:
        self.world.reach()
        return [name for name in names if name not in self.world.targets]

    def health(self, name: str) -> Mapping[str, Health]:
        self.world.reach()
        return dict(self.world.targets[name])

    def register(self, name: str, ids: Sequence[str]) -> None:
        self.world.reach()
        for each in ids:
            if self.world.instances[each].alive:
                self.world.targets[name][each] = Health(self.world.joining)

    def deregister(self, name: str, ids: Sequence[str]) -> None:
        self.world.reach()
        for each in ids:
            if each in self.world.targets[name]:
                if self.world.draining:
                    self.world.targets[name][each] = Health("draining")
                else:
                    del self.world.targets[name][each]


@dataclass(frozen=True)
class MemoryAlarms:
    world: World

    def states(self, names: Sequence[str]) -> AlarmStates:
        self.world.reach()
        ringing = tuple(name for name in names if self.world.alarms.get(name))
        return AlarmStates(ringing, tuple(name for name in names if name not in self.world.alarms))


@dataclass(frozen=True)
class MemoryScaling:
    world: World

    def put_launch_hook(self, asg: str, hook: str) -> None:
        self.world.reach()
        self.world.hooks[asg, hook] = True

    def delete_hook(self, asg: str, hook: str) -> None:
        self.world.reach()
        self.world.hooks.pop((asg, hook), None)

    def complete(self, asg: str, hook: str, instance: str, outcome: str) -> None:
        self.world.reach()
        self.world.completed.append((instance, outcome))
        held = self.world.instances[instance]
        if outcome == "CONTINUE":
            self.world.instances[instance] = replace(held, lifecycle="InService")
        else:
            self.world.lose(instance)

    def heartbeat(self, asg: str, hook: str, instance: str) -> None:
        self.world.reach()
        self.world.heartbeats.append(instance)


@dataclass(frozen=True)
class MemoryMail:
    world: World

    def publish(self, topic: str, subject: str, message: str) -> None:
        self.world.reach()
        self.world.letters.append((topic, subject, message))
