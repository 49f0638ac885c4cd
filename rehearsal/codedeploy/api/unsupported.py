"""Calls whose subject does not exist in the rehearsal: each says so in CodeDeploy's own words."""

from __future__ import annotations

from ..errors import ApiError
from .registry import Answer, Request, Service, action, deployment

NO_GITHUB = "The rehearsal holds no GitHub account tokens: put the bundle into S3 and deploy it from there."


@action("ListGitHubAccountTokenNames")
def list_tokens(service: Service, request: Request) -> Answer:
    raise ApiError("OperationNotSupportedException", NO_GITHUB)


@action("DeleteGitHubAccountToken")
def delete_token(service: Service, request: Request) -> Answer:
    if not request.get("tokenName"):
        raise ApiError("GitHubAccountTokenNameRequiredException", "tokenName is required.")
    raise ApiError("GitHubAccountTokenDoesNotExistException", NO_GITHUB)


@action("PutLifecycleEventHookExecutionStatus")
def put_hook_status(service: Service, request: Request) -> Answer:
    """Only Lambda and ECS deployments have hook functions that report by this call."""
    record = deployment(service, request.get("deploymentId"))
    message = (
        f"{record.id} is a deployment to hosts: its lifecycle events are reported by the hosts' agents. "
        "This call is for the hook functions of Lambda and ECS deployments."
    )
    raise ApiError("UnsupportedActionForDeploymentTypeException", message)


@action("DeleteResourcesByExternalId")
def delete_external(service: Service, request: Request) -> Answer:
    """Resources with an external ID are made by CloudFormation alone; there are none here, so none is left."""
    return {}
