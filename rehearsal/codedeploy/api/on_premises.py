"""On-premises instances: registration and tags."""

from __future__ import annotations

from typing import Any

from ..engine.resolve import matches, tag_filter
from ..errors import ApiError
from ..store.hosts import OnPremises
from .registry import NAME, Answer, Request, Service, action, at_most, listed, without_nones
from .tags import tag_map


def _valid(name: str) -> str:
    if not NAME.fullmatch(name) or name.startswith(("i-", "mi-")):
        message = f"{name!r} is not a valid name: 1 to 100 letters, digits, . _ + = , @ - and not i-… or mi-…"
        raise ApiError("InvalidInstanceNameException", message)
    return name


@action("RegisterOnPremisesInstance")
def register(service: Service, request: Request) -> Answer:
    name = _valid(request["instanceName"])
    session, user = request.get("iamSessionArn"), request.get("iamUserArn")
    if session and user:
        raise ApiError("MultipleIamArnsProvidedException", "Give iamSessionArn or iamUserArn, not both.")
    if not session and not user:
        raise ApiError("IamArnRequiredException", "Give iamSessionArn or iamUserArn.")
    for arn, code in ((session, "InvalidIamSessionArnException"), (user, "InvalidIamUserArnException")):
        if arn and not arn.startswith("arn:aws:"):
            raise ApiError(code, f"{arn!r} is not an ARN.")
    with service.store.transaction():
        for host in service.store.hosts.on_premises():
            _no_double(host, name, session, user)
        arn = service.arn(f"instance:{name}")
        service.store.hosts.register(OnPremises(name, arn, session, user, service.now(), None, []))
    return {}


def _no_double(host: OnPremises, name: str, session: str | None, user: str | None) -> None:
    if host.deregistered is not None:
        return
    if host.name == name:
        raise ApiError("InstanceNameAlreadyRegisteredException", f"{name} is already registered.")
    if user and host.iam_user_arn == user:
        raise ApiError("IamUserArnAlreadyRegisteredException", f"{user} is registered with {host.name}.")
    if session and host.iam_session_arn == session:
        raise ApiError("IamSessionArnAlreadyRegisteredException", f"{session} is registered with {host.name}.")


@action("DeregisterOnPremisesInstance")
def deregister(service: Service, request: Request) -> Answer:
    name = _valid(request["instanceName"])
    found = service.store.hosts.get(name)
    if found is None or found.deregistered is not None:
        raise ApiError("InvalidInstanceNameException", f"{name} is not registered.")
    service.store.hosts.deregister(name, service.now())
    return {}


def _host(service: Service, name: str) -> OnPremises:
    found = service.store.hosts.get(_valid(name))
    if found is None:
        raise ApiError("InstanceNotRegisteredException", f"{name} is not registered.")
    return found


@action("GetOnPremisesInstance")
def get(service: Service, request: Request) -> Answer:
    return {"instanceInfo": view(_host(service, request["instanceName"]))}


@action("BatchGetOnPremisesInstances")
def batch_get(service: Service, request: Request) -> Answer:
    names = [_valid(name) for name in at_most(request["instanceNames"], 100)]
    found = [service.store.hosts.get(name) for name in names]
    return {"instanceInfos": [view(host) for host in found if host]}


@action("ListOnPremisesInstances")
def list_all(service: Service, request: Request) -> Answer:
    hosts = service.store.hosts.on_premises()
    status = request.get("registrationStatus")
    if status:
        hosts = [host for host in hosts if (host.deregistered is None) == (status == "Registered")]
    filters = [tag_filter(each) for each in request.get("tagFilters") or []]
    names = [host.name for host in hosts if not filters or matches(filters, host.tags)]
    return listed(service, "ListOnPremisesInstances", names, request, "instanceNames")


@action("AddTagsToOnPremisesInstances")
def add_tags(service: Service, request: Request) -> Answer:
    new = tag_map(request["tags"], "InvalidTagException")
    with service.store.transaction():
        for host in _registered(service, request["instanceNames"]):
            merged = {tag["Key"]: tag.get("Value", "") for tag in host.tags} | new
            if len(merged) > 10:
                raise ApiError(
                    "TagLimitExceededException", f"{host.name} would have {len(merged)} tags; 10 are allowed."
                )
            service.store.hosts.tag(host.name, [{"Key": key, "Value": value} for key, value in sorted(merged.items())])
    return {}


@action("RemoveTagsFromOnPremisesInstances")
def remove_tags(service: Service, request: Request) -> Answer:
    """A tag goes if both its key and its value match."""
    gone = tag_map(request["tags"], "InvalidTagException")
    with service.store.transaction():
        for host in _registered(service, request["instanceNames"]):
            kept = [tag for tag in host.tags if gone.get(tag["Key"]) != tag.get("Value", "")]
            service.store.hosts.tag(host.name, kept)
    return {}


def _registered(service: Service, names: list[str]) -> list[OnPremises]:
    hosts = [_host(service, name) for name in at_most(names, 100, "InstanceLimitExceededException")]
    for host in hosts:
        if host.deregistered is not None:
            raise ApiError("InstanceNotRegisteredException", f"{host.name} is not registered any more.")
    return hosts


def view(host: OnPremises) -> dict[str, Any]:
    return without_nones(
        {
            "instanceName": host.name,
            "iamSessionArn": host.iam_session_arn,
            "iamUserArn": host.iam_user_arn,
            "instanceArn": host.arn,
            "registerTime": host.registered,
            "deregisterTime": host.deregistered,
            "tags": host.tags,
        }
    )
