"""Deployment targets."""

from __future__ import annotations

from ..errors import ApiError
from ..machine import Deployment, Phase, Target
from ..store.deployments import Record
from .deployment_views import deployment_target
from .deployments import state_of
from .registry import Answer, Request, Service, action, at_most, deployment, listed

LABELS = ("Blue", "Green")


def started(service: Service, record: Record) -> Deployment:
    state = state_of(service, record)
    if state.started is None and not state.over:
        message = f"The deployment {record.id} has not started: its instances are still being looked up."
        raise ApiError("DeploymentNotStartedException", message)
    return state


@action("ListDeploymentTargets")
def list_all(service: Service, request: Request) -> Answer:
    record = deployment(service, request["deploymentId"])
    filters = request.get("targetFilters") or {}
    _check_filters(filters)
    statuses, labels = filters.get("TargetStatus"), filters.get("ServerInstanceLabel")
    found = [
        target.id
        for target in started(service, record).targets.values()
        if (not statuses or target.phase in statuses) and (not labels or target.colour in labels)
    ]
    return listed(service, f"targets of {record.id}", found, request, "targetIds")


def _check_filters(filters: dict[str, list[str]]) -> None:
    for name, values in filters.items():
        if name == "TargetStatus":
            _known(values, [str(phase) for phase in Phase], "InvalidInstanceStatusException")
        elif name == "ServerInstanceLabel":
            _known(values, LABELS, "InvalidInstanceTypeException")
        else:
            message = f"{name!r} is not a target filter: use TargetStatus or ServerInstanceLabel."
            raise ApiError("InvalidTargetFilterNameException", message)


def _known(values: list[str], allowed: list[str] | tuple[str, ...], code: str) -> None:
    for value in values:
        if value not in allowed:
            raise ApiError(code, f"{value!r} must be one of {', '.join(allowed)}.")


@action("GetDeploymentTarget")
def get(service: Service, request: Request) -> Answer:
    record = deployment(service, request["deploymentId"])
    target = find(started(service, record), request["targetId"])
    return {"deploymentTarget": deployment_target(service, record.id, target)}


@action("BatchGetDeploymentTargets")
def batch_get(service: Service, request: Request) -> Answer:
    record = deployment(service, request["deploymentId"])
    names = at_most(request["targetIds"], 25, "DeploymentTargetListSizeExceededException")
    state = started(service, record)
    found = [deployment_target(service, record.id, find(state, name)) for name in names]
    return {"deploymentTargets": found}


def find(state: Deployment, name: str, code: str = "DeploymentTargetDoesNotExistException") -> Target:
    """A target by its id, or by its ARN as older answers name it."""
    target = state.targets.get(name) or state.targets.get(name.rpartition("/")[2])
    if target is None:
        message = f"{name} is not a target of the deployment {state.plan.deployment_id}."
        raise ApiError(code, message)
    return target
