"""The engine: holds the deployments under way, tells the machine what happened, and makes its decisions durable.

Every submit is one transaction. A caller gets its answer only after the commit, so whoever is told something may rely
on it whatever happens to this process next.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..machine import Deployment, decide
from ..machine.effects import WORLDLY, Effect
from ..machine.lifecycle import RUN_BY_SERVICE
from ..machine.signals import Signal
from ..ports import Ports
from ..store import Store
from ..store.deployments import Record, new_id
from ..store.groups import Group
from . import aftermath, minimums
from .plans import Tuning, make_plan


class GroupBusy(Exception):
    """The deployment group has an active deployment; `holder` is its id."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@dataclass
class Engine:
    store: Store
    ports: Ports
    clock: Callable[[], float]
    tuning: Tuning = field(default_factory=Tuning)

    def __post_init__(self) -> None:
        self.lock = self.store.db.lock
        self.changed = threading.Condition(self.lock)
        self.bell = threading.Event()
        self.live: dict[str, Deployment] = {}
        self.records: dict[str, Record] = {}
        self.recover()

    def recover(self) -> None:
        """Take up every deployment that was under way when the process ended."""
        with self.lock:
            self.live.clear()
            for deployment_id in self.store.deployments.active():
                state = self.store.deployments.state(deployment_id)
                if state is not None:
                    self.live[deployment_id] = state

    def record(self, deployment_id: str) -> Record | None:
        """What was asked for; kept at hand while the deployment is under way."""
        found = self.records.get(deployment_id) or self.store.deployments.get(deployment_id)
        if found is not None and deployment_id in self.live:
            self.records[deployment_id] = found
        return found

    def state(self, deployment_id: str) -> Deployment | None:
        with self.lock:
            return self.live.get(deployment_id) or self.store.deployments.state(deployment_id)

    # -- deployments begin --

    def create(
        self,
        group: Group,
        request: dict[str, Any],
        *,
        exclusive: bool = True,
        also: Callable[[str], None] = lambda new_id: None,
    ) -> str:
        """Start a deployment, and do `also` with it; raises GroupBusy if it would be the group's second."""
        with self.lock:
            with self.store.transaction():
                deployment = self.insert(group, request, exclusive=exclusive)
                also(deployment.plan.deployment_id)
            return self._went_live(deployment)

    def insert(self, group: Group, request: dict[str, Any], *, exclusive: bool = True) -> Deployment:
        """Within the caller's transaction: record a new deployment of a group."""
        now = self.clock()
        minimum = minimums.lookup(self.store, str(request["deploymentConfigName"]))
        plan = make_plan(new_id(), request, minimum, self.tuning)
        deployment = Deployment(plan, now)
        record = Record(plan.deployment_id, group.application, group.name, group.id, exclusive, request, {})
        try:
            self.store.deployments.add(record, deployment)
        except sqlite3.IntegrityError:
            holders = self.store.deployments.active(group.id)
            if not holders:
                raise
            raise GroupBusy(holders[0]) from None
        if exclusive:
            self.store.groups.attempted(group.id, plan.deployment_id)
        self.store.revisions.register_if_new(group.application, request["revision"], now)
        self.store.revisions.used(group.application, record.revision_key, group.name, now)
        return deployment

    def _went_live(self, deployment: Deployment) -> str:
        self.live[deployment.plan.deployment_id] = deployment
        self.changed.notify_all()
        self.bell.set()
        return deployment.plan.deployment_id

    # -- deployments go on --

    def submit(self, deployment_id: str, *signals: Signal) -> list[Effect]:
        """Let the machine decide, make it durable, and return what is to be done to the world."""
        with self.lock:
            before = self.live.get(deployment_id)
            if before is None:
                return []
            decision = decide(before, signals, self.clock())
            if decision.deployment is before and not decision.effects:
                return []
            born: list[Deployment] = []
            with self.store.transaction():
                self.store.deployments.save(before, decision)
                aftermath.apply(self, decision, born)
            self._replace(deployment_id, decision.deployment, born)
            return [effect for effect in decision.effects if isinstance(effect, WORLDLY)]

    def _replace(self, deployment_id: str, after: Deployment, born: list[Deployment]) -> None:
        if after.over:
            self.live.pop(deployment_id, None)
            self.records.pop(deployment_id, None)
        else:
            self.live[deployment_id] = after
        for deployment in born:
            self._went_live(deployment)
        self.changed.notify_all()
        if after.over or _moves_traffic(after):
            self.bell.set()


def _moves_traffic(deployment: Deployment) -> bool:
    """Whether the load balancer has to be looked at soon."""
    if not deployment.plan.target_groups:
        return False
    running = (target.running for target in deployment.targets.values())
    return any(event is not None and event.name in RUN_BY_SERVICE for event in running)
