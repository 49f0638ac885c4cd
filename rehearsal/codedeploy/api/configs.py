"""Deployment configurations: three built in, any number of one's own; zonal ones are refused."""

from __future__ import annotations

from typing import Any

from ..engine.minimums import BUILT_IN
from ..errors import ApiError
from ..store.catalog import Config
from .registry import Answer, Request, Service, action, listed, valid_name

ZONAL = (
    "The rehearsal does not deploy zone by zone: its instances are told apart by host, not by Availability Zone. "
    "Leave zonalConfig out."
)


@action("CreateDeploymentConfig")
def create(service: Service, request: Request) -> Answer:
    name = request["deploymentConfigName"]
    valid_name(name, "DeploymentConfigName")
    if request.get("zonalConfig"):
        raise ApiError("InvalidZonalDeploymentConfigurationException", ZONAL)
    if request.get("computePlatform", "Server") != "Server":
        message = "The rehearsal deploys to hosts only: the compute platform must be Server."
        raise ApiError("InvalidComputePlatformException", message)
    if request.get("trafficRoutingConfig"):
        message = "trafficRoutingConfig is for Lambda and ECS deployments, which the rehearsal does not run."
        raise ApiError("InvalidTrafficRoutingConfigurationException", message)
    document = {"minimumHealthyHosts": _minimum(request.get("minimumHealthyHosts"))}
    with service.store.transaction():
        if name in BUILT_IN or service.store.configs.get(name):
            message = f"A deployment configuration with the name {name} already exists."
            raise ApiError("DeploymentConfigAlreadyExistsException", message)
        return {"deploymentConfigId": service.store.configs.add(name, document, service.now()).id}


def _minimum(rule: dict[str, Any] | None) -> dict[str, Any]:
    if not rule or "type" not in rule or "value" not in rule:
        message = "minimumHealthyHosts needs a type (HOST_COUNT or FLEET_PERCENT) and a value."
        raise ApiError("InvalidMinimumHealthyHostValueException", message)
    value = rule["value"]
    if value < 0 or (rule["type"] == "FLEET_PERCENT" and value >= 100):
        message = f"minimumHealthyHosts is {value}: a count must not be negative, a percentage must be 0 to 99."
        raise ApiError("InvalidMinimumHealthyHostValueException", message)
    return {"type": rule["type"], "value": value}


@action("GetDeploymentConfig")
def get(service: Service, request: Request) -> Answer:
    return {"deploymentConfigInfo": view(find(service, request["deploymentConfigName"]))}


def find(service: Service, name: str) -> Config:
    valid_name(name, "DeploymentConfigName")
    if name in BUILT_IN:
        rule = BUILT_IN[name]
        return Config(name, name, 0.0, {"minimumHealthyHosts": {"type": rule.kind, "value": rule.value}})
    found = service.store.configs.get(name)
    if found is None:
        message = f"No deployment configuration found for name: {name}"
        raise ApiError("DeploymentConfigDoesNotExistException", message)
    return found


def view(config: Config) -> dict[str, Any]:
    return {
        "deploymentConfigId": config.id,
        "deploymentConfigName": config.name,
        "minimumHealthyHosts": config.document["minimumHealthyHosts"],
        "createTime": config.created,
        "computePlatform": "Server",
    }


@action("ListDeploymentConfigs")
def list_all(service: Service, request: Request) -> Answer:
    names = [*sorted(BUILT_IN), *service.store.configs.names()]
    return listed(service, "ListDeploymentConfigs", names, request, "deploymentConfigsList")


@action("DeleteDeploymentConfig")
def delete(service: Service, request: Request) -> Answer:
    name = request["deploymentConfigName"]
    valid_name(name, "DeploymentConfigName")
    if name in BUILT_IN:
        raise ApiError("InvalidOperationException", f"{name} is one of CodeDeploy's own and cannot be deleted.")
    with service.store.transaction():
        users = [group for group in service.store.groups.all() if group.document.get("deploymentConfigName") == name]
        if users:
            message = f"{name} is in use by the deployment group {users[0].application}/{users[0].name}."
            raise ApiError("DeploymentConfigInUseException", message)
        service.store.configs.remove(name)
    return {}
