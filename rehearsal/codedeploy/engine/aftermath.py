"""What a decision leaves behind, in the decision's own transaction: records, letters, and the rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..machine import Decision, Deployment, Phase, Status
from ..machine.effects import Announce, Effect, Ended, RollBack, TargetEnded
from ..machine.lifecycle import BLUE, GREEN, Kind
from ..store.deployments import Record
from ..store.groups import Group, HostRevision
from . import letters
from .plans import LAUNCH, ROLLBACK, kind_of

if TYPE_CHECKING:
    from .core import Engine


def apply(engine: Engine, decision: Decision, born: list[Deployment]) -> None:
    """Carry out the effects that belong to the transaction; `born` gathers new deployments."""
    if not decision.effects:
        return
    record = engine.record(decision.deployment.plan.deployment_id)
    group = engine.store.groups.by_id(record.group_id) if record else None
    if record is None or group is None:
        return
    for effect in decision.effects:
        _apply(engine, record, group, decision.deployment, effect, born)


def _apply(
    engine: Engine, record: Record, group: Group, after: Deployment, effect: Effect, born: list[Deployment]
) -> None:
    match effect:
        case TargetEnded(target, ok):
            _target_ended(engine, record, after, target, ok)
        case Announce(trigger, target):
            letters.post(engine, record, group, after, trigger, target)
        case Ended(status):
            _ended(engine, record, group, after, status)
        case RollBack():
            _roll_back(engine, record, group, after, born)


def _target_ended(engine: Engine, record: Record, after: Deployment, target_id: str, ok: bool) -> None:
    """What runs on a host now, if this deployment installs anything on it."""
    target = after.targets[target_id]
    if not any(event.name == "Install" for event in target.events):
        return
    good = record.revision_key if ok else None
    said = HostRevision(target_id, record.id, record.revision_key, ok, good, record.creator)
    engine.store.groups.host_ended(record.group_id, said)


def _ended(engine: Engine, record: Record, group: Group, after: Deployment, status: Status) -> None:
    messages = [_complaint(after, name) for name, each in after.targets.items() if each.phase is Phase.FAILED]
    if messages:
        engine.store.deployments.note(record.id, {"deploymentStatusMessages": messages})
    if status is not Status.SUCCEEDED or record.creator == LAUNCH:
        return
    engine.store.groups.succeeded(group.id, record.id)
    if kind_of(record.request) is Kind.BLUE_GREEN:
        environment = green_environment(group.document, record.request.get("targetInstances") or {})
        engine.store.groups.update(group.id, group.name, environment)


def _complaint(after: Deployment, target_id: str) -> str:
    failed = [event for event in after.targets[target_id].events if event.phase is Phase.FAILED]
    if not failed:
        return f"{target_id}: lost before anything was done to it"
    said = failed[-1].diagnostics
    return f"{target_id}: {failed[-1].name}: {said.message if said else 'failed'}"


def green_environment(document: dict[str, Any], green: dict[str, Any]) -> dict[str, Any]:
    """After a blue/green deployment the group is made of what was its replacement environment."""
    selectors = {
        "autoScalingGroups": green.get("autoScalingGroups"),
        "ec2TagFilters": green.get("tagFilters"),
        "ec2TagSet": green.get("ec2TagSet"),
    }
    kept = {key: value for key, value in document.items() if key not in selectors}
    return {**kept, **{key: value for key, value in selectors.items() if value}}


def _roll_back(engine: Engine, record: Record, group: Group, after: Deployment, born: list[Deployment]) -> None:
    """A rollback is a new deployment of the last good revision, with that deployment's file handling."""
    good = engine.store.deployments.get(group.last_success) if group.last_success else None
    if good is None:
        message = "The deployment cannot be rolled back: its group has no successful deployment to go back to."
        engine.store.deployments.note(record.id, {"rollbackInfo": {"rollbackMessage": message}})
        return
    new = engine.insert(group, rollback_request(record, good, after))
    born.append(new)
    new_id = new.plan.deployment_id
    message = f"Deployment {new_id} is triggered to roll back deployment {record.id}."
    info = {"rollbackDeploymentId": new_id, "rollbackMessage": message}
    engine.store.deployments.note(record.id, {"rollbackInfo": info})
    back = {"rollbackTriggeringDeploymentId": record.id, "rollbackMessage": message}
    engine.store.deployments.note(new_id, {"rollbackInfo": back})
    letters.post(engine, record, group, after, "DeploymentRollback", "")


def rollback_request(record: Record, good: Record, after: Deployment) -> dict[str, Any]:
    """What to deploy to go back; a blue/green one names the two teams that it moves traffic between."""
    request = {
        **record.request,
        "creator": ROLLBACK,
        "revision": good.request["revision"],
        "previousRevision": record.request["revision"],
        "fileExistsBehavior": good.request.get("fileExistsBehavior"),
        "updateOutdatedInstancesOnly": False,
        "description": f"Rollback of {record.id}",
    }
    request.pop("overrideAlarmConfiguration", None)
    if kind_of(record.request) is Kind.BLUE_GREEN:
        teams = {
            colour: [each.id for each in after.targets.values() if each.colour == colour] for colour in (BLUE, GREEN)
        }
        request["_teams"] = teams
    return request
