"""What surrounds a walk: hosts that die, agents that fall silent, a load balancer that takes its time."""

from __future__ import annotations

import random
from collections.abc import Iterable

from rehearsal.codedeploy.machine.effects import Deregister, Effect, Register, Terminate
from rehearsal.codedeploy.machine.lifecycle import GREEN
from rehearsal.codedeploy.machine.signals import Found, Health

HEALTHS = ("initial", "healthy", "healthy", "unhealthy", "draining", "unused")


class Surroundings:
    """`luck` is how often all goes well."""

    def __init__(self, dice: random.Random, luck: float, hosts: Iterable[Found]) -> None:
        self.random, self.luck = dice, luck
        self.alive: dict[str, bool] = {}
        self.silent: dict[str, float | None] = {}
        self.traffic: dict[str, Health] = {}
        for host in hosts:
            self.alive[host.id] = True
            self.silent[host.id] = dice.choice((0.0, 0.0, 0.0, None))
            if host.balanced and host.colour != GREEN:
                self.traffic[host.id] = Health("healthy")

    def apply(self, effect: Effect) -> None:
        if isinstance(effect, Register):
            for host in effect.hosts:
                self.traffic[host] = Health(self.random.choice(("initial", "healthy")))
        elif isinstance(effect, Deregister):
            for host in effect.hosts:
                if self.random.random() < 0.5:
                    self.traffic.pop(host, None)
                else:
                    self.traffic[host] = Health("draining")
        elif isinstance(effect, Terminate):
            for host in effect.hosts:
                self.alive[host] = False

    def age(self, seconds: float) -> None:
        for host, silence in self.silent.items():
            if silence is not None:
                self.silent[host] = silence + seconds if self.random.random() > self.luck else 0.0

    def disturb(self) -> None:
        host = self.random.choice(list(self.alive))
        if self.random.random() > self.luck:
            self.alive[host] = False
            self.traffic.pop(host, None)
        elif host in self.traffic:
            self.traffic[host] = Health(self.random.choice(HEALTHS))

    def settle(self) -> None:
        for host, health in list(self.traffic.items()):
            if health.state == "draining":
                del self.traffic[host]
            else:
                self.traffic[host] = Health("healthy")
