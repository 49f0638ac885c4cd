"""A random walk over the state machine: hosts, agents, a load balancer, crashes and lies, one signal a step.

The walk knows what really happened (what was executed, what the balancer showed), and holds the machine to it; the
rules are in `rules.py`. A walk is its seed: the same seed takes the same steps.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rehearsal.codedeploy.machine import Decision, Deployment, Plan, decide
from rehearsal.codedeploy.machine.effects import RollBack
from rehearsal.codedeploy.machine.lifecycle import RUN_BY_SERVICE
from rehearsal.codedeploy.machine.signals import (
    AlarmsSeen,
    CommandAccepted,
    CommandDone,
    CommandLost,
    CommandOffered,
    GoOnAsked,
    Health,
    HostsSeen,
    HostView,
    Signal,
    StopAsked,
    Tick,
    TrafficSeen,
)
from rehearsal.codedeploy.machine.state import Diagnostics
from rehearsal.codedeploy.store import codec

from . import rules
from .scenarios import random_plan
from .surroundings import Surroundings

Decider = Callable[[Deployment, Sequence[Signal], float], Decision]


@dataclass
class Walk:
    """One deployment and the world around it."""

    seed: int
    decide: Decider = decide
    now: float = 1_000.0
    steps: int = 0
    walked: int = 0  # steps before the end was awaited
    offers: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    holding: dict[str, tuple[str, int]] = field(default_factory=dict)
    executed: Counter[tuple[str, str]] = field(default_factory=Counter)
    reported: set[tuple[str, str]] = field(default_factory=set)
    shown: set[tuple[str, str]] = field(default_factory=set)
    rollbacks: int = 0
    trace: deque[str] = field(default_factory=lambda: deque(maxlen=25))

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.luck = self.random.choice((1.0, 1.0, 0.98, 0.9))  # how often a script does well, a host stays up
        self.chances = (*CHANCES, self.random.choice((0.05, 0.2, 2.0)))
        plan, found = random_plan(self.random)
        self.deployment = Deployment(plan, self.now)
        self.world = Surroundings(self.random, self.luck, found.hosts)
        self.hosts = list(self.world.alive)
        self.tell(found)

    @property
    def plan(self) -> Plan:
        return self.deployment.plan

    # -- one step --

    def tell(self, signal: Signal) -> None:
        """Let the machine decide and hold the decision to the rules."""
        self.steps += 1
        self.trace.append(f"{self.now:.0f} {signal}")
        before = self.deployment
        self._note(before, signal)
        decision = self.decide(before, [signal], self.now)
        self.deployment = decision.deployment
        self.rollbacks += sum(isinstance(effect, RollBack) for effect in decision.effects)
        rules.check(self, before, decision)
        for effect in decision.effects:
            if self.random.random() < 0.8:  # else the process died between deciding and doing
                self.world.apply(effect)

    def _note(self, before: Deployment, signal: Signal) -> None:
        """Keep what the machine is told truthfully, to compare its conclusions with."""
        if isinstance(signal, CommandDone):
            target = before.targets.get(signal.target)
            running = target.running if target else None
            if running and signal.ok and running.name == signal.event and running.accepted == signal.offer:
                self.reported.add((signal.target, signal.event))
        elif isinstance(signal, TrafficSeen):
            for target in before.targets.values():
                state = signal.hosts.get(target.id, Health("absent")).state
                if state == "absent":
                    self.shown.add((target.id, "BlockTraffic"))
                elif state == "healthy":
                    self.shown.add((target.id, "AllowTraffic"))

    def step(self) -> None:
        action = self.random.choices(ACTIONS, self.chances)[0]
        action(self)

    # -- what may happen --

    def agent_polls(self) -> None:
        host = self.random.choice(self.hosts)
        if not self.world.alive[host] or host in self.holding:
            return
        self.world.silent[host] = 0.0
        target = self.deployment.targets[host]
        running = target.running
        if running and not running.accepted and running.name not in RUN_BY_SERVICE and not self.deployment.over:
            self.tell(CommandOffered(host))
            self.offers.setdefault(host, []).append((running.name, running.offer + 1))
        if self.random.random() < 0.8:  # else the agent dies between the poll and the acknowledgement
            self.agent_accepts(host)

    def agent_accepts(self, host: str = "") -> None:
        host = host or self.random.choice(self.hosts)
        offers = self.offers.get(host)
        if not offers or not self.world.alive[host]:
            return
        name, number = self.random.choice(offers[-2:])
        self.tell(CommandAccepted(host, name, number))
        event = next(each for each in self.deployment.targets[host].events if each.name == name)
        if event.phase == "InProgress" and event.accepted == number and (name, number) != self.holding.get(host):
            self.executed[host, name] += 1
            self.holding[host] = (name, number)

    def agent_reports(self) -> None:
        host = self.random.choice(self.hosts)
        held = self.holding.get(host)
        if held is None or not self.world.alive[host]:
            return
        ok = self.random.random() < self.luck
        self.tell(CommandDone(host, held[0], held[1], ok, Diagnostics("Success" if ok else "ScriptFailed")))
        if self.random.random() < 0.2:  # the same agent again, of another opinion
            self.tell(CommandDone(host, held[0], held[1], not ok, Diagnostics("UnknownError")))
        del self.holding[host]

    def nonsense(self) -> None:
        host = self.random.choice([*self.hosts, "i-nobody"])
        name = self.random.choice(("Install", "BlockTraffic", "AllowTraffic", "ApplicationStop", "Bogus"))
        number = self.random.choice((0, 1, 7))
        event = CommandDone(host, name, number, False, Diagnostics("UnknownError"))
        self.tell(self.random.choice((event, CommandAccepted(host, name, 99), CommandOffered("i-nobody"))))

    def agent_loses(self) -> None:
        host = self.random.choice(self.hosts)
        if host in self.holding and self.random.random() > self.luck:
            name, _ = self.holding.pop(host)
            self.tell(CommandLost(host, name))

    def look_at_traffic(self) -> None:
        self.tell(TrafficSeen(self.now, dict(self.world.traffic)))

    def look_at_hosts(self) -> None:
        self.tell(HostsSeen({host: HostView(self.world.alive[host], self.world.silent[host]) for host in self.hosts}))

    def time_passes(self) -> None:
        seconds = self.random.choice((0.1, 1.0, 1.0, 5.0, 20.0, 400.0 if self.luck < 1.0 else 5.0))
        self.now += seconds
        self.world.age(seconds)
        self.tell(Tick())

    def disturb(self) -> None:
        self.world.disturb()

    def settle(self) -> None:
        self.world.settle()

    def meddle(self) -> None:
        alarms = AlarmsSeen(("latency",)) if self.plan.alarms else AlarmsSeen()
        unknown = AlarmsSeen(unknown=("latency",)) if self.plan.alarms else AlarmsSeen()
        stop = StopAsked(self.random.choice((True, False, None)))
        self.tell(self.random.choice((alarms, unknown, stop, GoOnAsked(), GoOnAsked())))

    def process_restarts(self) -> None:
        """What was written is read again: nothing may be lost."""
        deployment = self.deployment
        plan = codec.read_plan(codec.plan_text(deployment.plan))
        targets = {
            name: codec.read_target(name, target.phase, codec.target_text(target))
            for name, target in deployment.targets.items()
        }
        state = codec.state_text(deployment)
        read = codec.read_deployment(plan, deployment.created, deployment.status, state, targets)
        assert read == deployment, f"seed {self.seed}: the state does not survive a restart"
        self.deployment = read

    # -- the end --

    def finish(self) -> None:
        """With every agent dead and nobody helping, time alone has to end the deployment."""
        self.walked = self.steps
        for _ in range(4000):
            if self.deployment.over:
                return
            self.now += 400.0
            self.look_at_hosts()
            self.look_at_traffic()
            self.tell(Tick())
        raise AssertionError(f"seed {self.seed}: the deployment never ends: {self.deployment}")


ACTIONS = (
    Walk.agent_polls,
    Walk.agent_accepts,
    Walk.agent_reports,
    Walk.look_at_traffic,
    Walk.settle,
    Walk.look_at_hosts,
    Walk.time_passes,
    Walk.process_restarts,
    Walk.nonsense,
    Walk.disturb,
    Walk.agent_loses,
    Walk.meddle,
)
CHANCES = (30, 4, 30, 15, 10, 4, 8, 2, 3, 1, 1)  # and meddling, by the walk


def walk(seed: int, decide: Decider = decide, limit: int = 800) -> Walk:
    """Walk until the deployment is over, or long enough; then see that it ends."""
    way = Walk(seed, decide)
    while not way.deployment.over and way.steps < limit:
        way.step()
    way.finish()
    for _ in range(3):  # what is over stays as it is
        way.meddle()
        way.nonsense()
    return way
