"""A deployment and its targets as the API shows them: pure."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..machine import Deployment, Event, Phase, Target
from ..machine.state import Step
from ..store.deployments import Record
from .registry import Service, without_nones

COPIED = (
    "creator",
    "revision",
    "previousRevision",
    "deploymentConfigName",
    "description",
    "autoRollbackConfiguration",
    "deploymentStyle",
    "targetInstances",
    "blueGreenDeploymentConfiguration",
    "loadBalancerInfo",
    "fileExistsBehavior",
    "overrideAlarmConfiguration",
)
COUNTED = (Phase.PENDING, Phase.IN_PROGRESS, Phase.SUCCEEDED, Phase.FAILED, Phase.SKIPPED, Phase.READY)


def deployment_info(record: Record, state: Deployment) -> dict[str, Any]:
    failed = {"code": state.code, "message": state.message} if state.code else None
    return without_nones(
        {
            **{name: record.request.get(name) for name in COPIED},
            **record.notes,
            "applicationName": record.application,
            "deploymentGroupName": record.group,
            "deploymentId": record.id,
            "status": state.status,
            "errorInformation": failed,
            "createTime": state.created,
            "startTime": state.started,
            "completeTime": state.completed,
            "deploymentOverview": overview(state),
            "ignoreApplicationStopFailures": bool(record.request.get("ignoreApplicationStopFailures")),
            "updateOutdatedInstancesOnly": bool(record.request.get("updateOutdatedInstancesOnly")),
            "instanceTerminationWaitTimeStarted": state.at.step in (Step.TERMINATION_WAIT, Step.TERMINATE),
            "computePlatform": "Server",
        }
    )


def overview(state: Deployment) -> dict[str, int] | None:
    if state.started is None:
        return None
    counts = Counter(target.phase for target in state.targets.values())
    return {str(phase): counts.get(phase, 0) for phase in COUNTED}


def target_arn(service: Service, target_id: str) -> str:
    if target_id.startswith("i-"):
        tuning = service.engine.tuning
        return f"arn:aws:ec2:{tuning.region}:{tuning.account}:instance/{target_id}"
    return service.arn(f"instance:{target_id}")


def deployment_target(service: Service, deployment_id: str, target: Target) -> dict[str, Any]:
    instance = {
        "deploymentId": deployment_id,
        "targetId": target.id,
        "targetArn": target_arn(service, target.id),
        "status": target.phase,
        "lastUpdatedAt": target.updated,
        "lifecycleEvents": [lifecycle_event(event) for event in target.events],
        "instanceLabel": target.colour or None,
    }
    return {"deploymentTargetType": "InstanceTarget", "instanceTarget": without_nones(instance)}


def instance_summary(service: Service, deployment_id: str, target: Target) -> dict[str, Any]:
    return without_nones(
        {
            "deploymentId": deployment_id,
            "instanceId": target_arn(service, target.id),
            "status": target.phase,
            "lastUpdatedAt": target.updated,
            "lifecycleEvents": [lifecycle_event(event) for event in target.events],
            "instanceType": target.colour or None,
        }
    )


def lifecycle_event(event: Event) -> dict[str, Any]:
    said = event.diagnostics if event.phase not in (Phase.PENDING, Phase.SKIPPED) else None
    shown = None
    if said is not None:
        shown = {
            "errorCode": said.code,
            "scriptName": said.script,
            "message": said.message or ("Succeeded" if event.phase is Phase.SUCCEEDED else ""),
            "logTail": said.log,
        }
    return without_nones(
        {
            "lifecycleEventName": event.name,
            "status": event.phase,
            "startTime": event.started,
            "endTime": event.ended,
            "diagnostics": shown,
        }
    )
