"""Looking at the world for one deployment, and acting on it: the only place where ports meet deployments."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..machine import Deployment, Phase
from ..machine.effects import Deregister, Effect, Register, Terminate
from ..machine.observe import ABSENT
from ..machine.signals import Abort, AlarmsSeen, Health, HostsSeen, HostView, Signal, TargetsFound, Tick, TrafficSeen
from ..machine.state import Step
from ..ports import PortError
from ..store.deployments import Record
from . import resolve
from .agents import Agents
from .core import Engine
from .plans import LAUNCH, target_groups

LOG = logging.getLogger("codedeploy")
OPEN = (Phase.PENDING, Phase.READY, Phase.IN_PROGRESS)


@dataclass
class Observer:
    """How often each kind of thing is looked at, in seconds; traffic is looked at on every turn."""

    engine: Engine
    agents: Agents
    hosts_every: float = 1.0
    alarms_every: float = 2.0
    alarms_grace: float = 30.0
    _hosts: dict[str, float] = field(default_factory=dict)
    _alarms: dict[str, float] = field(default_factory=dict)
    _unreachable: dict[str, float] = field(default_factory=dict)

    def turn(self) -> None:
        """One look at everything that the deployments under way depend on."""
        for deployment_id, deployment in list(self.engine.live.items()):
            try:
                signals = self._signals(deployment_id, deployment)
                self.do(deployment, self.engine.submit(deployment_id, *signals, Tick()))
            except PortError as error:
                LOG.warning("%s: %s", deployment_id, error)
            except Exception:
                LOG.exception("%s could not be looked after; the others are", deployment_id)
        for memory in (self._hosts, self._alarms, self._unreachable):
            for gone in [name for name in memory if name not in self.engine.live]:
                del memory[gone]

    def _signals(self, deployment_id: str, deployment: Deployment) -> list[Signal]:
        if deployment.started is None:
            found = self._find(deployment_id)
            if not isinstance(found, TargetsFound):
                return [found] if found is not None else []
            return [found, *self._alarms_seen(deployment_id, deployment)]
        seen: list[Signal] = [*self._traffic(deployment)]
        if self._due(self._hosts, deployment_id, self.hosts_every) or deployment.at.step is Step.TERMINATE:
            seen += self._hosts_seen(deployment)
        return [*seen, *self._alarms_seen(deployment_id, deployment)]

    def _due(self, memory: dict[str, float], deployment_id: str, every: float) -> bool:
        now = self.engine.clock()
        due = now - memory.get(deployment_id, 0.0) >= every
        if due:
            memory[deployment_id] = now
        return due

    def _find(self, deployment_id: str) -> Signal | None:
        record = self.engine.record(deployment_id)
        group = self.engine.store.groups.by_id(record.group_id) if record else None
        if record is None or group is None:
            return None
        try:
            missing = self._missing_target_groups(record)
            return missing or resolve.resolve(self.engine.ports.fleet, self.engine.store, record, group)
        except PortError as error:
            LOG.warning("%s: its instances cannot be looked up: %s", deployment_id, error)
            return None

    def _missing_target_groups(self, record: Record) -> Abort | None:
        names = target_groups(record.request) if record.creator != LAUNCH else ()
        missing = self.engine.ports.balancer.missing(names) if names else []
        if not missing:
            return None
        return Abort("ELASTIC_LOAD_BALANCING_INVALID", f"These target groups do not exist: {', '.join(missing)}")

    def _hosts_seen(self, deployment: Deployment) -> list[Signal]:
        open_ones = [each.id for each in deployment.targets.values() if each.phase in OPEN]
        if deployment.at.step is Step.TERMINATE:
            open_ones = list(deployment.targets)
        alive = self._alive(open_ones)
        return [HostsSeen({name: HostView(alive.get(name, True), self.agents.silent(name)) for name in open_ones})]

    def _alive(self, names: Iterable[str]) -> Mapping[str, bool]:
        """Instances that cannot be asked about count as alive: not knowing is no reason to fail."""
        instances = [name for name in names if name.startswith("i-")]
        registered = {host.name for host in self.engine.store.hosts.on_premises() if host.deregistered is None}
        here = {name: name in registered for name in names if not name.startswith("i-")}
        try:
            return {**here, **(self.engine.ports.fleet.alive(instances) if instances else {})}
        except PortError as error:
            LOG.warning("the state of instances cannot be looked up: %s", error)
            return here

    def _traffic(self, deployment: Deployment) -> list[Signal]:
        moving = {
            each.id: each.running.name
            for each in deployment.targets.values()
            if each.running is not None and each.running.name in ("BlockTraffic", "AllowTraffic")
        }
        if not moving:
            return []
        at = self.engine.clock()
        try:
            groups = [self.engine.ports.balancer.health(name) for name in deployment.plan.target_groups]
        except PortError as error:
            LOG.warning("%s: traffic cannot be looked at: %s", deployment.plan.deployment_id, error)
            return []
        return [
            TrafficSeen(
                at, {name: combined(event, [g.get(name, ABSENT) for g in groups]) for name, event in moving.items()}
            )
        ]

    def _alarms_seen(self, deployment_id: str, deployment: Deployment) -> list[Signal]:
        names = deployment.plan.alarms
        if not names or not self._due(self._alarms, deployment_id, self.alarms_every):
            return []
        try:
            states = self.engine.ports.alarms.states(names)
        except PortError as error:
            LOG.warning("%s: %s", deployment_id, error)
            since = self._unreachable.setdefault(deployment_id, self.engine.clock())
            return [AlarmsSeen(unknown=names)] if self.engine.clock() - since >= self.alarms_grace else []
        self._unreachable.pop(deployment_id, None)
        return [AlarmsSeen(states.ringing, states.unknown)]

    def do(self, deployment: Deployment, effects: list[Effect]) -> None:
        """Act on the world; what fails is wanted again after the next look."""
        for effect in effects:
            match effect:
                case Register(hosts):
                    for name in deployment.plan.target_groups:
                        self.engine.ports.balancer.register(name, hosts)
                case Deregister(hosts):
                    for name in deployment.plan.target_groups:
                        self.engine.ports.balancer.deregister(name, hosts)
                case Terminate(hosts):
                    self.engine.ports.fleet.terminate(hosts)


def combined(event: str, seen: list[Health]) -> Health:
    """A host's standing with several target groups: out when out of all, in when healthy in all."""
    done = "absent" if event == "BlockTraffic" else "healthy"
    undone = [health for health in seen if health.state != done]
    return undone[0] if undone else Health(done)
