"""Requests checked against botocore's own model of the API, each fault under the name that CodeDeploy has for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.loaders
import botocore.model

from .errors import ApiError

REQUIRED = {
    "applicationName": "ApplicationNameRequiredException",
    "applicationNames": "ApplicationNameRequiredException",
    "deploymentGroupName": "DeploymentGroupNameRequiredException",
    "deploymentGroupNames": "DeploymentGroupNameRequiredException",
    "currentDeploymentGroupName": "DeploymentGroupNameRequiredException",
    "deploymentConfigName": "DeploymentConfigNameRequiredException",
    "deploymentId": "DeploymentIdRequiredException",
    "deploymentIds": "DeploymentIdRequiredException",
    "revision": "RevisionRequiredException",
    "revisions": "RevisionRequiredException",
    "serviceRoleArn": "RoleRequiredException",
    "instanceName": "InstanceNameRequiredException",
    "instanceNames": "InstanceNameRequiredException",
    "instanceId": "InstanceIdRequiredException",
    "instanceIds": "InstanceIdRequiredException",
    "targetId": "DeploymentTargetIdRequiredException",
    "targetIds": "DeploymentTargetIdRequiredException",
    "tags": "TagRequiredException",
    "Tags": "TagRequiredException",
    "TagKeys": "TagRequiredException",
    "ResourceArn": "ResourceArnRequiredException",
}
WRONG = {
    "ApplicationName": "InvalidApplicationNameException",
    "DeploymentGroupName": "InvalidDeploymentGroupNameException",
    "DeploymentConfigName": "InvalidDeploymentConfigNameException",
    "ComputePlatform": "InvalidComputePlatformException",
    "MinimumHealthyHostsType": "InvalidMinimumHealthyHostValueException",
    "FileExistsBehavior": "InvalidFileExistsBehaviorException",
    "AutoRollbackEvent": "InvalidAutoRollbackConfigException",
    "DeploymentType": "InvalidDeploymentStyleException",
    "DeploymentOption": "InvalidDeploymentStyleException",
    "DeploymentReadyAction": "InvalidBlueGreenDeploymentConfigurationException",
    "InstanceAction": "InvalidBlueGreenDeploymentConfigurationException",
    "GreenFleetProvisioningAction": "InvalidBlueGreenDeploymentConfigurationException",
    "TriggerEventType": "InvalidTriggerConfigException",
    "DeploymentStatus": "InvalidDeploymentStatusException",
    "DeploymentWaitType": "InvalidDeploymentWaitTypeException",
    "EC2TagFilterType": "InvalidEC2TagException",
    "TagFilterType": "InvalidTagException",
    "RevisionLocationType": "InvalidRevisionException",
    "BundleType": "InvalidRevisionException",
    "SortOrder": "InvalidSortOrderException",
    "ApplicationRevisionSortBy": "InvalidSortByException",
    "ListStateFilterAction": "InvalidDeployedStateFilterException",
    "RegistrationStatus": "InvalidRegistrationStatusException",
    "InstanceStatus": "InvalidInstanceStatusException",
    "InstanceType": "InvalidInstanceTypeException",
    "OutdatedInstancesStrategy": "InvalidInputException",
    "TrafficRoutingType": "InvalidTrafficRoutingConfigurationException",
    "MinimumHealthyHostsPerZoneType": "InvalidZonalDeploymentConfigurationException",
    "LifecycleEventStatus": "InvalidLifecycleEventHookExecutionStatusException",
}
TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "timestamp": (int, float),
}


@cache
def model() -> botocore.model.ServiceModel:
    loader = botocore.loaders.Loader()
    return botocore.model.ServiceModel(loader.load_service_model("codedeploy", "service-2"), "codedeploy")


@cache
def actions() -> frozenset[str]:
    return frozenset(model().operation_names)


@dataclass(frozen=True)
class _Check:
    """A walk through one request; `allowed` are the errors that its operation may answer with."""

    allowed: frozenset[str]

    def fail(self, code: str | None, message: str) -> ApiError:
        return ApiError(code if code in self.allowed else "ValidationException", message)

    def value(self, shape: Any, value: Any, path: str) -> None:
        kinds = TYPES.get(shape.type_name)
        if kinds and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
            raise ApiError("SerializationException", f"{path} must be of type {shape.type_name}.")
        if shape.type_name == "structure":
            self.structure(shape, value, path)
        elif shape.type_name == "list":
            for index, each in enumerate(value):
                self.value(shape.member, each, f"{path}[{index}]")
        elif shape.type_name == "map":
            for key, each in value.items():
                self.value(shape.value, each, f"{path}.{key}")
        elif shape.type_name == "string":
            self.string(shape, value, path)

    def structure(self, shape: Any, value: dict[str, Any], path: str) -> None:
        for name in shape.required_members:
            if value.get(name) in (None, "", []):
                raise self.fail(REQUIRED.get(name), f"{path}{name} is required.")
        for name, member in shape.members.items():
            if value.get(name) is not None:
                self.value(member, value[name], f"{path}{name}" if path.endswith(".") or not path else f"{path}.{name}")

    def string(self, shape: Any, value: str, path: str) -> None:
        if shape.enum and value not in shape.enum:
            message = f"{path} is {value!r}; it must be one of {', '.join(shape.enum)}."
            raise self.fail(WRONG.get(shape.name), message)
        longest, shortest = shape.metadata.get("max"), shape.metadata.get("min", 0)
        if longest is not None and not shortest <= len(value) <= longest:
            message = f"{path} must be {shortest} to {longest} characters long; it has {len(value)}."
            raise self.fail(WRONG.get(shape.name), message)


def check(action: str, request: Any) -> dict[str, Any]:
    """The request without its nulls, or the error that it deserves."""
    if not isinstance(request, dict):
        raise ApiError("SerializationException", "The request must be a JSON object.")
    operation = model().operation_model(action)
    if operation.input_shape is not None:
        allowed = frozenset(shape.name for shape in operation.error_shapes)
        _Check(allowed).structure(operation.input_shape, request, "")
    return {key: value for key, value in request.items() if value is not None}
