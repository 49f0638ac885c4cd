"""A Deployment → Events → an Outcome: follows it to its end, and CodeDeploy's own rollback of it to that one's end.

Rolling back automatically is CodeDeploy's alone. This only watches, writes down what was good, and finishes what a
blue/green deployment leaves to us.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines import cause, colours, deployments, releases, snapshot
from pipelines.cause import Failed
from pipelines.deployments import Deployment
from pipelines.door import Call, Clock, Door
from pipelines.errors import ExitCode
from pipelines.publish import stamp
from pipelines.releases import Good
from pipelines.snapshot import Event, Snapshot
from pipelines.stack import Tier

PAUSE = 2.0
ROLLBACK_GRACE = 12.0       # CodeDeploy may say a moment after the end that it rolls back
Tell = Callable[[Snapshot, Sequence[Event]], None]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    deployment: Deployment
    failed: Failed | None
    rollback: Deployment | None         # how CodeDeploy's own rollback ended
    settled: Sequence[Call] = ()        # what a blue/green deployment left to be done

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DONE if self.deployment.status == deployments.SUCCEEDED else ExitCode.FAILED


def watch(door: Door, tier: Tier, deployment_id: str, *, tell: Tell = lambda shot, events: None,
          clock: Clock | None = None, pause: float = PAUSE) -> Outcome:
    clock = clock or Clock()
    last = follow(door, deployment_id, tell, clock, pause)
    rollback = None
    failed = None
    if last.deployment.status != deployments.SUCCEEDED:
        failed = cause.why(last)
        rollback = _rollback(door, last.deployment, tell, clock, pause)
    good = last.deployment if failed is None else rollback
    if good and good.status == deployments.SUCCEEDED:
        write_down(door, tier, good)
    done = colours.settle(door, tier) if tier.blue_green else ()
    return Outcome(deployment=deployments.get(door, deployment_id), failed=failed, rollback=rollback, settled=done)


def follow(door: Door, deployment_id: str, tell: Tell, clock: Clock, pause: float) -> Snapshot:
    """One deployment to its end; `tell` gets every state in which something is new, and every other one to draw."""
    before: Snapshot | None = None
    while True:
        now = snapshot.take(door, deployment_id)
        tell(now, snapshot.between(before, now, clock.now()))
        if now.deployment.over:
            return now
        before = now
        clock.sleep(pause)


def _rollback(door: Door, deployment: Deployment, tell: Tell, clock: Clock, pause: float) -> Deployment | None:
    deadline = clock.now() + ROLLBACK_GRACE
    while not deployment.rollback_id:
        if deployment.rollback_message or clock.now() >= deadline:
            return None
        clock.sleep(min(pause, 1.0))
        deployment = deployments.get(door, deployment.id)
    return follow(door, deployment.rollback_id, tell, clock, pause).deployment


def write_down(door: Door, tier: Tier, good: Deployment) -> None:
    """A release that was deployed to the end is one that can be gone back to."""
    if not good.digest:
        return
    known = releases.good(door, tier)
    if any(each.deployment == good.id for each in known):
        return
    newest = Good(digest=good.digest, deployment=good.id, at=stamp(good.completed or good.created))
    door.send(releases.remember(tier, known, newest))
