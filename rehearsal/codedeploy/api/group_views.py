"""A deployment group as GetDeploymentGroup shows it, AWS's defaults filled in."""

from __future__ import annotations

from typing import Any

from ..store.groups import Group
from .registry import Service, without_nones

DEFAULTS: dict[str, Any] = {
    "deploymentConfigName": "CodeDeployDefault.OneAtATime",
    "ec2TagFilters": [],
    "onPremisesInstanceTagFilters": [],
    "triggerConfigurations": [],
    "alarmConfiguration": {"enabled": False, "ignorePollAlarmFailure": False, "alarms": []},
    "autoRollbackConfiguration": {"enabled": False, "events": []},
    "deploymentStyle": {"deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL"},
    "outdatedInstancesStrategy": "UPDATE",
    "terminationHookEnabled": False,
}


def view(service: Service, group: Group) -> dict[str, Any]:
    hooks = {hook.asg: hook.name for hook in service.store.groups.hooks(group.id)}
    asgs = [without_nones({"name": asg, "hook": hooks.get(asg)}) for asg in group.asgs]
    latest = service.store.deployments.get(group.last_attempt) if group.last_attempt else None
    return without_nones(
        {
            **DEFAULTS,
            **group.document,
            "applicationName": group.application,
            "deploymentGroupId": group.id,
            "deploymentGroupName": group.name,
            "autoScalingGroups": asgs,
            "computePlatform": "Server",
            "targetRevision": latest.request["revision"] if latest else None,
            "lastSuccessfulDeployment": _last(service, group.last_success),
            "lastAttemptedDeployment": _last(service, group.last_attempt),
        }
    )


def _last(service: Service, deployment_id: str | None) -> dict[str, Any] | None:
    state = service.engine.state(deployment_id) if deployment_id else None
    if state is None:
        return None
    return without_nones(
        {
            "deploymentId": deployment_id,
            "status": state.status,
            "endTime": state.completed,
            "createTime": state.created,
        }
    )
