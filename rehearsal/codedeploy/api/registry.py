"""Where an action finds its function, and what every function is given."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..engine.core import Engine
from ..errors import ApiError
from ..paging import page
from ..store import Store
from ..store.catalog import Application
from ..store.deployments import Record
from ..store.groups import Group

Request = dict[str, Any]
Answer = dict[str, Any]
NAME = re.compile(r"[A-Za-z0-9._+=,@\-]{1,100}")
DEPLOYMENT_ID = re.compile(r"d-[A-Z0-9]{9}")


@dataclass(frozen=True)
class Service:
    """The engine, and how long a page of a list is."""

    engine: Engine
    page_size: int = 100

    @property
    def store(self) -> Store:
        return self.engine.store

    def now(self) -> float:
        return self.engine.clock()

    def arn(self, what: str) -> str:
        return f"arn:aws:codedeploy:{self.engine.tuning.region}:{self.engine.tuning.account}:{what}"


Handler = Callable[[Service, Request], Answer]
ACTIONS: dict[str, Handler] = {}


def action(name: str) -> Callable[[Handler], Handler]:
    """Register a function as what an action does."""

    def register(handler: Handler) -> Handler:
        ACTIONS[name] = handler
        return handler

    return register


# -- what most calls begin with --


def application(service: Service, name: str) -> Application:
    valid_name(name, "ApplicationName")
    found = service.store.applications.get(name)
    if found is None:
        raise ApiError("ApplicationDoesNotExistException", f"No application found for name: {name}")
    return found


def group(service: Service, application_name: str, name: str) -> Group:
    application(service, application_name)
    valid_name(name, "DeploymentGroupName")
    found = service.store.groups.get(application_name, name)
    if found is None:
        message = f"No Deployment Group found for name: {name}"
        raise ApiError("DeploymentGroupDoesNotExistException", message)
    return found


def deployment(service: Service, deployment_id: str | None) -> Record:
    if not deployment_id:
        raise ApiError("DeploymentIdRequiredException", "deploymentId is required.")
    if not DEPLOYMENT_ID.fullmatch(deployment_id):
        message = f"{deployment_id!r} is not a deployment ID: they look like d-ABCDEF123."
        raise ApiError("InvalidDeploymentIdException", message)
    found = service.store.deployments.get(deployment_id)
    if found is None:
        raise ApiError("DeploymentDoesNotExistException", f"The deployment {deployment_id} could not be found")
    return found


def valid_name(name: str, what: str) -> None:
    """`what` is the shape's name, such as ApplicationName."""
    if not NAME.fullmatch(name):
        message = f"{name!r} is not a valid {what}: 1 to 100 letters, digits, or any of . _ + = , @ -"
        raise ApiError(f"Invalid{what}Exception", message)


def listed(service: Service, name: str, items: list[Any], request: Request, answer: str) -> Answer:
    """The answer of a List call."""
    found, token = page(name, items, request.get("nextToken"), service.page_size)
    return {answer: found, **({"nextToken": token} if token else {})}


def at_most(items: list[Any], limit: int, code: str = "BatchLimitExceededException") -> list[Any]:
    if len(items) > limit:
        raise ApiError(code, f"At most {limit} can be asked for in one call; these are {len(items)}.")
    return items


def without_nones(answer: Answer) -> Answer:
    return {key: value for key, value in answer.items() if value is not None}
