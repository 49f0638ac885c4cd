"""Deployment instances: the older form of targets, for older clients."""

from __future__ import annotations

from ..errors import ApiError
from .deployment_views import instance_summary
from .registry import Answer, Request, Service, action, at_most, deployment, listed
from .targets import find, started


@action("ListDeploymentInstances")
def list_all(service: Service, request: Request) -> Answer:
    record = deployment(service, request["deploymentId"])
    statuses, kinds = request.get("instanceStatusFilter"), request.get("instanceTypeFilter")
    if kinds and record.request["deploymentStyle"]["deploymentType"] != "BLUE_GREEN":
        message = "Only the instances of a blue/green deployment are Blue or Green."
        raise ApiError("InvalidDeploymentInstanceTypeException", message)
    found = [
        target.id
        for target in started(service, record).targets.values()
        if (not statuses or target.phase in statuses) and (not kinds or target.colour in kinds)
    ]
    return listed(service, f"instances of {record.id}", found, request, "instancesList")


@action("GetDeploymentInstance")
def get(service: Service, request: Request) -> Answer:
    record = deployment(service, request["deploymentId"])
    target = find(started(service, record), request["instanceId"], "InstanceDoesNotExistException")
    return {"instanceSummary": instance_summary(service, record.id, target)}


@action("BatchGetDeploymentInstances")
def batch_get(service: Service, request: Request) -> Answer:
    """Instances that the deployment does not have are named in the error message."""
    record = deployment(service, request["deploymentId"])
    state = started(service, record)
    names = at_most(request["instanceIds"], 100)
    found = [(name, state.targets.get(name) or state.targets.get(name.rpartition("/")[2])) for name in names]
    missing = [name for name, target in found if target is None]
    rows = [instance_summary(service, record.id, target) for _, target in found if target is not None]
    message = f"Not instances of {record.id}: {', '.join(missing)}" if missing else ""
    return {"instancesSummary": rows, "errorMessage": message}
