"""Deployment groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine.launches import hook_name
from ..errors import ApiError
from ..ports import PortError
from ..store.groups import Group
from . import closing, configs, group_rules
from .group_views import view
from .registry import Answer, Request, Service, action, application, at_most, group, listed, valid_name
from .tags import tag_map

NOT_OF_THE_DOCUMENT = (
    "applicationName",
    "deploymentGroupName",
    "currentDeploymentGroupName",
    "newDeploymentGroupName",
    "tags",
)


@action("CreateDeploymentGroup")
def create(service: Service, request: Request) -> Answer:
    owner = application(service, request["applicationName"])
    name = request["deploymentGroupName"]
    valid_name(name, "DeploymentGroupName")
    document = {key: value for key, value in request.items() if key not in NOT_OF_THE_DOCUMENT}
    tags = tag_map(request.get("tags") or [], "InvalidTagsToAddException")
    _check(service, document, document.get("autoScalingGroups") or [])
    with service.store.transaction():
        if service.store.groups.get(owner.name, name):
            message = f"A deployment group with the name {name} already exists in {owner.name}."
            raise ApiError("DeploymentGroupAlreadyExistsException", message)
        made = service.store.groups.add(owner.name, name, document, service.now())
        service.store.tags.put("deployment_group", made.id, tags)
        _want_hooks(service, made, made.asgs)
    service.engine.bell.set()
    return {"deploymentGroupId": made.id}


def _check(service: Service, document: dict[str, Any], new_asgs: Sequence[str]) -> None:
    group_rules.check(document)
    configs.find(service, document.get("deploymentConfigName") or "CodeDeployDefault.OneAtATime")
    try:
        missing = service.engine.ports.fleet.missing(new_asgs) if new_asgs else []
    except PortError as error:
        raise ApiError("InvalidAutoScalingGroupException", f"It cannot be looked up: {error}") from error
    if missing:
        raise ApiError("InvalidAutoScalingGroupException", f"No Auto Scaling group found for: {', '.join(missing)}")


def _want_hooks(service: Service, owner: Group, asgs: Sequence[str]) -> None:
    for asg in asgs:
        service.store.groups.want_hook(owner.id, asg, hook_name(owner))


@action("UpdateDeploymentGroup")
def update(service: Service, request: Request) -> Answer:
    """Members that are given replace the old ones; an empty list removes."""
    old = group(service, request["applicationName"], request["currentDeploymentGroupName"])
    name = request.get("newDeploymentGroupName") or old.name
    valid_name(name, "DeploymentGroupName")
    changes = {key: value for key, value in request.items() if key not in NOT_OF_THE_DOCUMENT}
    document = {**old.document, **changes}
    now_asgs = document.get("autoScalingGroups") or []
    _check(service, document, [asg for asg in now_asgs if asg not in old.asgs])
    with service.store.transaction():
        if name != old.name and service.store.groups.get(old.application, name):
            message = f"A deployment group with the name {name} already exists in {old.application}."
            raise ApiError("DeploymentGroupAlreadyExistsException", message)
        service.store.groups.update(old.id, name, document)
        _want_hooks(service, old, now_asgs)
    service.engine.records.clear()
    hooked = [hook.asg for hook in service.store.groups.hooks(old.id)]
    left = closing.release(service, old, [asg for asg in hooked if asg not in now_asgs])
    service.engine.bell.set()
    return {"hooksNotCleanedUp": left}


@action("DeleteDeploymentGroup")
def delete(service: Service, request: Request) -> Answer:
    """Deleting what is not there succeeds, as on AWS."""
    valid_name(request["applicationName"], "ApplicationName")
    valid_name(request["deploymentGroupName"], "DeploymentGroupName")
    found = service.store.groups.get(request["applicationName"], request["deploymentGroupName"])
    return {"hooksNotCleanedUp": closing.close(service, found) if found else []}


@action("GetDeploymentGroup")
def get(service: Service, request: Request) -> Answer:
    found = group(service, request["applicationName"], request["deploymentGroupName"])
    return {"deploymentGroupInfo": view(service, found)}


@action("BatchGetDeploymentGroups")
def batch_get(service: Service, request: Request) -> Answer:
    owner = application(service, request["applicationName"])
    names = at_most(request["deploymentGroupNames"], 100)
    found = {name: service.store.groups.get(owner.name, name) for name in names}
    missing = [name for name, each in found.items() if each is None]
    message = f"No Deployment Group found for: {', '.join(missing)}" if missing else ""
    return {"deploymentGroupsInfo": [view(service, each) for each in found.values() if each], "errorMessage": message}


@action("ListDeploymentGroups")
def list_all(service: Service, request: Request) -> Answer:
    owner = application(service, request["applicationName"])
    names = [each.name for each in service.store.groups.of(owner.name)]
    answer = listed(service, f"groups of {owner.name}", names, request, "deploymentGroups")
    return {"applicationName": owner.name, **answer}
