"""Deployments: created, listed, stopped, continued."""

from __future__ import annotations

import json
from typing import Any

from ..engine.core import GroupBusy
from ..errors import ApiError
from ..machine import Deployment, Status
from ..machine.signals import GoOnAsked, StopAsked
from ..machine.state import Step
from ..store.deployments import Record
from ..store.groups import Group
from . import configs, group_rules
from .deployment_views import deployment_info
from .registry import (
    DEPLOYMENT_ID,
    Answer,
    Request,
    Service,
    action,
    at_most,
    deployment,
    group,
    listed,
    without_nones,
)
from .revisions import location

NO_GREEN = (
    "A BLUE_GREEN deployment needs targetInstances: the Auto Scaling groups or tags of the replacement instances, "
    "which must be running."
)
NOT_GREEN = "targetInstances names a replacement environment; this group deploys in place. Leave it out."


@action("CreateDeployment")
def create(service: Service, request: Request) -> Answer:
    if not request.get("deploymentGroupName"):
        raise ApiError("DeploymentGroupNameRequiredException", "deploymentGroupName is required.")
    if len(request.get("description") or "") > 1000:
        raise ApiError("DescriptionTooLongException", "The description is longer than 1000 characters.")
    owner = group(service, request["applicationName"], request["deploymentGroupName"])
    asked = _asked(service, owner, request)
    try:
        return {"deploymentId": service.engine.create(owner, asked)}
    except GroupBusy as busy:
        message = f"The Deployment Group '{owner.name}' already has an active Deployment '{busy.holder}'"
        raise ApiError("DeploymentLimitExceededException", message) from None


def _asked(service: Service, owner: Group, request: Request) -> dict[str, Any]:
    """The request with the group's settings where it has none of its own."""
    document = owner.document
    where = location(request.get("revision"))
    if where["revisionType"] == "GitHub":
        message = "No GitHub account is connected: put the bundle into S3 and deploy it from there."
        raise ApiError("InvalidGitHubAccountTokenException", message)
    config = (
        request.get("deploymentConfigName") or document.get("deploymentConfigName") or "CodeDeployDefault.OneAtATime"
    )
    configs.find(service, config)
    rollback = request.get("autoRollbackConfiguration") or document.get("autoRollbackConfiguration")
    group_rules.rollback(rollback or {})
    override = request.get("overrideAlarmConfiguration")
    group_rules.alarms(override or {})
    _check_targets(document, request.get("targetInstances") or {})
    previous = service.store.deployments.get(owner.last_success) if owner.last_success else None
    style = document.get("deploymentStyle") or {}
    return without_nones(
        {
            "creator": "user",
            "revision": where,
            "previousRevision": previous.request["revision"] if previous else None,
            "deploymentConfigName": config,
            "description": request.get("description"),
            "ignoreApplicationStopFailures": request.get("ignoreApplicationStopFailures", False),
            "updateOutdatedInstancesOnly": request.get("updateOutdatedInstancesOnly", False),
            "fileExistsBehavior": request.get("fileExistsBehavior", "DISALLOW"),
            "targetInstances": request.get("targetInstances"),
            "autoRollbackConfiguration": rollback,
            "overrideAlarmConfiguration": override,
            "alarmConfiguration": override or document.get("alarmConfiguration"),
            "deploymentStyle": {
                "deploymentType": style.get("deploymentType", "IN_PLACE"),
                "deploymentOption": style.get("deploymentOption", "WITHOUT_TRAFFIC_CONTROL"),
            },
            "blueGreenDeploymentConfiguration": document.get("blueGreenDeploymentConfiguration"),
            "loadBalancerInfo": document.get("loadBalancerInfo"),
        }
    )


def _check_targets(document: dict[str, Any], targets: dict[str, Any]) -> None:
    blue_green = (document.get("deploymentStyle") or {}).get("deploymentType") == "BLUE_GREEN"
    named = targets.get("autoScalingGroups") or targets.get("tagFilters") or targets.get("ec2TagSet")
    if blue_green and not named:
        raise ApiError("InvalidTargetInstancesException", NO_GREEN)
    if named and not blue_green:
        raise ApiError("InvalidTargetInstancesException", NOT_GREEN)


@action("GetDeployment")
def get(service: Service, request: Request) -> Answer:
    return {"deploymentInfo": _info(service, deployment(service, request["deploymentId"]))}


@action("BatchGetDeployments")
def batch_get(service: Service, request: Request) -> Answer:
    """Deployments that do not exist are left out."""
    names = at_most(request["deploymentIds"], 25)
    for name in names:
        if not DEPLOYMENT_ID.fullmatch(name):
            raise ApiError("InvalidDeploymentIdException", f"{name!r} is not a deployment ID.")
    found = [service.store.deployments.get(name) for name in names]
    return {"deploymentsInfo": [_info(service, record) for record in found if record]}


def _info(service: Service, record: Record) -> dict[str, Any]:
    return deployment_info(record, state_of(service, record))


def state_of(service: Service, record: Record) -> Deployment:
    state = service.engine.state(record.id)
    if state is None:
        raise ApiError("DeploymentDoesNotExistException", f"The deployment {record.id} could not be found")
    return state


@action("ListDeployments")
def list_all(service: Service, request: Request) -> Answer:
    owner, name = request.get("applicationName"), request.get("deploymentGroupName")
    if owner and not name:
        raise ApiError("DeploymentGroupNameRequiredException", "applicationName goes with deploymentGroupName.")
    if name and not owner:
        raise ApiError("ApplicationNameRequiredException", "deploymentGroupName goes with applicationName.")
    if owner and name:
        group(service, owner, name)
    wanted = set(request.get("includeOnlyStatuses") or [])
    first, last = _time_range(request)
    ids = [
        row["id"]
        for row in service.store.deployments.list(owner, name)
        if (not wanted or row["status"] in wanted)
        and first <= row["created"] <= last
        and ("externalId" not in request or json.loads(row["request"]).get("externalId") == request["externalId"])
    ]
    return listed(service, f"deployments {owner}/{name}", ids, request, "deployments")


def _time_range(request: Request) -> tuple[float, float]:
    limits = request.get("createTimeRange") or {}
    first, last = limits.get("start"), limits.get("end")
    start = float("-inf") if first is None else float(first)
    end = float("inf") if last is None else float(last)
    if start > end:
        raise ApiError("InvalidTimeRangeException", "createTimeRange starts after its end.")
    return start, end


@action("StopDeployment")
def stop(service: Service, request: Request) -> Answer:
    with service.engine.lock:
        record = deployment(service, request["deploymentId"])
        _still_active(service, record)
        service.engine.submit(record.id, StopAsked(request.get("autoRollbackEnabled")))
        state = state_of(service, record)
    if state.over:
        return {"status": "Succeeded", "statusMessage": "No further commands will be run."}
    return {"status": "Pending", "statusMessage": "What the hosts are running now will be finished first."}


def _still_active(service: Service, record: Record) -> Deployment:
    state = state_of(service, record)
    if state.over:
        message = f"The deployment {record.id} is already completed: {state.status}."
        raise ApiError("DeploymentAlreadyCompletedException", message)
    return state


def _blue_green(record: Record) -> None:
    if record.request["deploymentStyle"]["deploymentType"] != "BLUE_GREEN":
        message = f"{record.id} is an in-place deployment: it never waits to be continued."
        raise ApiError("UnsupportedActionForDeploymentTypeException", message)


@action("ContinueDeployment")
def go_on(service: Service, request: Request) -> Answer:
    wait = request.get("deploymentWaitType", "READY_WAIT")
    with service.engine.lock:
        record = deployment(service, request.get("deploymentId"))
        state = _still_active(service, record)
        _blue_green(record)
        at = Step.READY_WAIT if wait == "READY_WAIT" else Step.TERMINATION_WAIT
        if state.at.step is not at or (wait == "READY_WAIT" and state.status is not Status.READY):
            message = f"The deployment {record.id} is {state.status} and not waiting for {wait}."
            raise ApiError("DeploymentIsNotInReadyStateException", message)
        service.engine.submit(record.id, GoOnAsked())
    service.engine.bell.set()
    return {}


@action("SkipWaitTimeForInstanceTermination")
def skip_wait(service: Service, request: Request) -> Answer:
    with service.engine.lock:
        record = deployment(service, request.get("deploymentId"))
        state = _still_active(service, record)
        _blue_green(record)
        if state.at.step is not Step.TERMINATION_WAIT:
            message = f"The deployment {record.id} has not begun to wait for the termination of instances."
            raise ApiError("DeploymentNotStartedException", message)
        service.engine.submit(record.id, GoOnAsked())
    service.engine.bell.set()
    return {}
