"""Applications."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..store.catalog import Application
from . import closing
from .registry import Answer, Request, Service, action, application, at_most, listed, valid_name
from .tags import tag_map


@action("CreateApplication")
def create(service: Service, request: Request) -> Answer:
    name = request["applicationName"]
    valid_name(name, "ApplicationName")
    if request.get("computePlatform", "Server") != "Server":
        message = (
            f"The rehearsal deploys to hosts only: it cannot run the compute platform {request['computePlatform']}. "
            "Use Server."
        )
        raise ApiError("InvalidComputePlatformException", message)
    tags = tag_map(request.get("tags") or [], "InvalidTagsToAddException")
    with service.store.transaction():
        if service.store.applications.get(name):
            raise ApiError("ApplicationAlreadyExistsException", f"An application with the name {name} already exists.")
        made = service.store.applications.add(name, service.now())
        service.store.tags.put("application", name, tags)
    return {"applicationId": made.id}


@action("GetApplication")
def get(service: Service, request: Request) -> Answer:
    return {"application": view(application(service, request["applicationName"]))}


@action("BatchGetApplications")
def batch_get(service: Service, request: Request) -> Answer:
    names = at_most(request["applicationNames"], 100)
    return {"applicationsInfo": [view(application(service, name)) for name in names]}


@action("ListApplications")
def list_all(service: Service, request: Request) -> Answer:
    return listed(service, "ListApplications", service.store.applications.names(), request, "applications")


@action("UpdateApplication")
def update(service: Service, request: Request) -> Answer:
    if "applicationName" not in request:
        raise ApiError("ApplicationNameRequiredException", "applicationName is required.")
    with service.store.transaction():
        old = application(service, request["applicationName"])
        new = request.get("newApplicationName") or old.name
        valid_name(new, "ApplicationName")
        if new != old.name:
            if service.store.applications.get(new):
                message = f"An application with the name {new} already exists."
                raise ApiError("ApplicationAlreadyExistsException", message)
            service.store.applications.rename(old.name, new)
    service.engine.records.clear()
    return {}


@action("DeleteApplication")
def delete(service: Service, request: Request) -> Answer:
    """Deleting what is not there succeeds, as on AWS; its groups go with it, and their deployments end."""
    name = request["applicationName"]
    valid_name(name, "ApplicationName")
    for group in service.store.groups.of(name):
        closing.close(service, group)
    service.store.applications.remove(name)
    return {}


def view(found: Application) -> dict[str, Any]:
    return {
        "applicationId": found.id,
        "applicationName": found.name,
        "createTime": found.created,
        "linkedToGitHub": False,
        "computePlatform": "Server",
    }
