"""The decision while it is being written: the one thing that changes inside the otherwise pure machine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import target as targets
from .effects import Announce, Effect, Ended, RollBack, TargetEnded
from .state import Deployment, Diagnostics, Phase, Plan, Status, Stop, Target

ANNOUNCED = {
    Status.SUCCEEDED: "DeploymentSuccess",
    Status.FAILED: "DeploymentFailure",
    Status.STOPPED: "DeploymentStop",
}


class Draft:
    """A copy-on-write deployment and the effects that go with it.

    `moved` says that something happened which may let other targets or the next stage begin; between two events of
    one target nothing does, and a large fleet need not be counted.
    """

    def __init__(self, before: Deployment, now: float) -> None:
        self.now = now
        self.deployment = before
        self.effects: list[Effect] = []
        self._targets = before.targets
        self.changed: set[str] = set()
        self.moved = False

    @property
    def plan(self) -> Plan:
        return self.deployment.plan

    @property
    def targets(self) -> list[Target]:
        return list(self._targets.values())

    def find(self, target_id: str) -> Target | None:
        return self._targets.get(target_id)

    def set(self, **changes: Any) -> None:
        self.moved = True
        self.deployment = replace(self.deployment, **changes)

    def put(self, target: Target) -> Target:
        if not self.changed:
            self._targets = dict(self._targets)
        old = self._targets.get(target.id)
        self.moved = self.moved or old is None or old.phase is not target.phase
        self.changed.add(target.id)
        self._targets[target.id] = target  # type: ignore[index]
        return target

    def emit(self, effect: Effect) -> None:
        self.effects.append(effect)

    def result(self) -> Deployment:
        return replace(self.deployment, targets=self._targets) if self.changed else self.deployment

    # -- one target ---------------------------------------------------------------------------------------------

    def begin(self, target: Target) -> None:
        if target.phase is Phase.PENDING:
            self.emit(Announce("InstanceStart", target.id))
        self.put(targets.begin(target, self.now))
        if not self.deployment.touched:
            self.set(touched=True)

    def conclude(self, target: Target, ok: bool, said: Diagnostics) -> None:
        """End the running event; go on to the next one, up to the gate of the present stage."""
        event = target.events[target.position]
        if not ok and not targets.forgives(event, self.plan.ignore_stop_failures):
            self.fail(target, said)
            return
        done = self.put(targets.conclude(target, ok, said, self.now))
        if done.position < targets.gate(done, self.deployment.at.last):
            if self.deployment.stop is None:
                self.begin(done)
        elif done.position < len(done.events):
            self.put(replace(done, phase=Phase.READY))
            self.emit(Announce("InstanceReady", done.id))
        else:
            self.put(replace(done, phase=Phase.SUCCEEDED))
            self._ended(done, ok=True)

    def fail(self, target: Target, said: Diagnostics) -> None:
        failed = targets.give_up(target, self.now, Phase.FAILED, Phase.FAILED, said)
        self.put(failed)
        self._ended(failed, ok=False)

    def leave(self, target: Target, phase: Phase) -> None:
        """Give a target up as it is; a host on which anything ran does not run its old revision for certain."""
        left = self.put(targets.give_up(target, self.now, phase, phase))
        if any(event.phase not in (Phase.PENDING, Phase.SKIPPED) for event in left.events):
            self.emit(TargetEnded(left.id, ok=False))

    def _ended(self, target: Target, *, ok: bool) -> None:
        self.emit(TargetEnded(target.id, ok))
        self.emit(Announce("InstanceSuccess" if ok else "InstanceFailure", target.id))

    # -- the deployment -----------------------------------------------------------------------------------------

    def next_stage(self) -> None:
        if self.deployment.stage + 1 == len(self.plan.stages):
            self.end(Status.SUCCEEDED)
            return
        self.set(stage=self.deployment.stage + 1, stage_since=self.now, released=False, status=Status.IN_PROGRESS)

    def end(self, status: Status, code: str = "", message: str = "") -> None:
        """No event begins after this; what an agent may still be running is Unknown."""
        for target in self.targets:
            if target.phase not in targets.SETTLED:
                self.leave(target, Phase.UNKNOWN if target.running else Phase.SKIPPED)
        self.set(status=status, completed=self.now, code=code, message=message)
        self.emit(Announce(ANNOUNCED[status]))
        self.emit(Ended(status))
        trigger = _rollback_trigger(self.deployment, status)
        if trigger:
            self.emit(RollBack(trigger))


def _rollback_trigger(deployment: Deployment, status: Status) -> str:
    """Which of the events that roll back has happened: none if nothing was touched."""
    stop: Stop | None = deployment.stop
    if status is Status.SUCCEEDED or not deployment.touched:
        return ""
    trigger = stop.trigger if status is Status.STOPPED and stop is not None else "DEPLOYMENT_FAILURE"
    asked = stop.rollback if status is Status.STOPPED and stop is not None else None
    wanted = trigger in deployment.plan.rollback_on if asked is None else asked
    return trigger if wanted else ""
