"""What to do next: advance the present stage, and start as many targets as the minimum of healthy hosts allows."""

from __future__ import annotations

from dataclasses import dataclass

from . import target as targets
from .draft import Draft
from .effects import Announce
from .state import Phase, Stage, Status, Step, Stop, Target

TOO_FEW = (
    "The overall deployment failed because too many individual instances failed deployment, too few healthy instances "
    "are available for deployment, or some instances in your deployment group are experiencing problems."
)


def advance(draft: Draft) -> None:
    """Take every step that can be taken now; each turn of the loop leaves a stage behind or stops."""
    while not draft.deployment.over:
        before = draft.deployment.stage
        if draft.deployment.stop is not None:
            _wind_down(draft, draft.deployment.stop)
            return
        if draft.deployment.started is None:
            return
        STEPS[draft.deployment.at.step](draft, draft.deployment.at)
        if draft.deployment.stage == before:
            return


@dataclass(frozen=True, slots=True)
class Tally:
    """How a wave's team stands."""

    size: int
    waiting: list[Target]
    flying: int
    failed: int

    @property
    def done(self) -> int:
        return self.size - len(self.waiting) - self.flying - self.failed


def tally(team: list[Target], last: str) -> Tally:
    phases = [target.phase for target in team]
    waiting = [
        target
        for target in team
        if (target.phase is Phase.PENDING or target.phase is Phase.READY)
        and target.position < targets.gate(target, last)
    ]
    failed = phases.count(Phase.FAILED) + phases.count(Phase.UNKNOWN)
    return Tally(len(team), waiting, phases.count(Phase.IN_PROGRESS), failed)


def _wave(draft: Draft, stage: Stage) -> None:
    team = [target for target in draft.targets if target.colour == stage.colour]
    count = tally(team, stage.last)
    floor = draft.deployment.floor
    room = count.size - floor - count.failed - count.flying if stage.paced else len(count.waiting)
    starting = count.waiting[: max(room, 0)] if stage.tolerant or not count.failed else []
    for target in starting:
        draft.begin(target)
    if starting or count.flying:
        return
    enough = count.done >= max(floor, 1) if stage.tolerant else not count.failed
    if count.waiting or not enough:
        draft.end(Status.FAILED, "HEALTH_CONSTRAINTS", TOO_FEW)
    else:
        draft.next_stage()


def _ready_wait(draft: Draft, stage: Stage) -> None:
    """Traffic is not rerouted before somebody asks; time alone stops the deployment."""
    if draft.deployment.released:
        draft.next_stage()
    elif draft.deployment.status is not Status.READY:
        draft.set(status=Status.READY)
        draft.emit(Announce("DeploymentReady"))
    elif draft.now - draft.deployment.stage_since >= stage.seconds:
        message = "The deployment timed out while waiting for someone to continue it, so it was stopped."
        draft.end(Status.STOPPED, "TIMEOUT", message)


def _termination_wait(draft: Draft, stage: Stage) -> None:
    if draft.deployment.released or draft.now - draft.deployment.stage_since >= stage.seconds:
        draft.next_stage()


def _terminate(draft: Draft, stage: Stage) -> None:
    """Waits: the observation that the hosts are gone ends this stage (see observe.py)."""


def _wind_down(draft: Draft, stop: Stop) -> None:
    """Being stopped: what agents run may finish, nothing else begins."""
    for target in draft.targets:
        event = target.running
        if event is not None and (not targets.by_agent(event) or not event.accepted):
            draft.leave(target, Phase.SKIPPED)
    if not any(target.running for target in draft.targets):
        draft.end(Status.STOPPED, stop.code, stop.message)


STEPS = {
    Step.WAVE: _wave,
    Step.READY_WAIT: _ready_wait,
    Step.TERMINATION_WAIT: _termination_wait,
    Step.TERMINATE: _terminate,
}
