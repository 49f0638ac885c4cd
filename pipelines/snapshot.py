"""A deployment at one moment: every instance, every lifecycle event. Two moments give the Events between them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines import deployments
from pipelines.deployments import Deployment
from pipelines.door import Call, Door, Refusal

ENDED = ("Succeeded", "Failed", "Skipped", "Unknown")
NOT_YET = "DeploymentNotStartedException"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One lifecycle event on one instance."""

    name: str
    status: str
    started: float | None = None
    ended: float | None = None
    code: str = ""
    script: str = ""
    message: str = ""
    log: str = ""


@dataclass(frozen=True, kw_only=True)
class Instance:
    id: str
    status: str
    colour: str = ""                # Blue | Green in a blue/green deployment
    steps: tuple[Step, ...] = ()

    @property
    def current(self) -> Step | None:
        return next((step for step in self.steps if step.status == "InProgress"), None)

    @property
    def failed(self) -> Step | None:
        return next((step for step in self.steps if step.status == "Failed"), None)


@dataclass(frozen=True)
class Snapshot:
    deployment: Deployment
    instances: tuple[Instance, ...]

    @property
    def percent(self) -> int:
        """Of the lifecycle events that are known to come."""
        steps = [step for each in self.instances for step in each.steps]
        if self.deployment.status == deployments.SUCCEEDED:
            return 100
        return 100 * sum(step.status in ENDED for step in steps) // len(steps) if steps else 0


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something happened: to the deployment, or in a lifecycle event on an instance."""

    deployment: str
    status: str
    at: float
    instance: str = ""
    step: str = ""
    seconds: float | None = None
    message: str = ""

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if value not in ("", None)}


def take(door: Door, deployment_id: str) -> Snapshot:
    deployment = deployments.get(door, deployment_id)
    listing = Call("codedeploy", "list_deployment_targets", {"deploymentId": deployment_id})
    try:
        ids = _list(door, listing)
    except Refusal as refusal:
        if refusal.code != NOT_YET:
            raise
        ids = []
    return Snapshot(deployment, tuple(_instances(door, deployment_id, ids)))


def _list(door: Door, listing: Call) -> list[str]:
    """boto3 has no paginator for it."""
    found: list[str] = []
    token: Mapping[str, str] = {}
    while True:
        answer = door.send(Call(listing.service, listing.operation, {**listing.arguments, **token}))
        found += answer.get("targetIds") or []
        if not answer.get("nextToken"):
            return sorted(found)
        token = {"nextToken": answer["nextToken"]}


def _instances(door: Door, deployment_id: str, ids: Sequence[str]) -> Iterator[Instance]:
    for start in range(0, len(ids), deployments.BATCH):
        asked = {"deploymentId": deployment_id, "targetIds": [*ids[start:start + deployments.BATCH]]}
        answer = door.send(Call("codedeploy", "batch_get_deployment_targets", asked))
        yield from (instance(each["instanceTarget"]) for each in answer["deploymentTargets"])


def instance(told: Mapping[str, Any]) -> Instance:
    return Instance(id=told["targetId"], status=told["status"], colour=told.get("instanceLabel") or "",
                    steps=tuple(_step(each) for each in told.get("lifecycleEvents") or []))


def _step(told: Mapping[str, Any]) -> Step:
    said = told.get("diagnostics") or {}
    return Step(name=told["lifecycleEventName"], status=told["status"], started=_moment(told.get("startTime")),
                ended=_moment(told.get("endTime")), code=said.get("errorCode") or "", log=said.get("logTail") or "",
                script=said.get("scriptName") or "", message=said.get("message") or "")


def _moment(given: Any) -> float | None:
    return given.timestamp() if isinstance(given, datetime) else None


def between(before: Snapshot | None, after: Snapshot, at: float) -> list[Event]:
    """What happened since: each change once."""
    deployment = after.deployment
    events = []
    if before is None or before.deployment.status != deployment.status:
        events.append(Event(deployment=deployment.id, status=deployment.status, at=at, message=deployment.message))
    known = {(each.id, step.name): step.status for each in before.instances for step in each.steps} if before else {}
    changes = sorted(_changes(known, after, at), key=lambda each: each.at)
    # A deployment's last word comes after those of its instances.
    return [*changes, *events] if deployment.over else [*events, *changes]


def _changes(known: Mapping[tuple[str, str], str], after: Snapshot, at: float) -> Iterator[Event]:
    for each in after.instances:
        for step in each.steps:
            if step.status not in ("Pending", "Skipped", known.get((each.id, step.name))):
                took = step.ended - step.started if step.ended and step.started else None
                yield Event(deployment=after.deployment.id, status=step.status, at=step.ended or step.started or at,
                            instance=each.id, step=step.name, seconds=took,
                            message=step.message if step.status == "Failed" else "")
