"""The end of a deployment group, or of its hold on an Auto Scaling group."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from ..machine.signals import Abort
from ..ports import PortError
from ..store.groups import Group
from .registry import Service

LOG = logging.getLogger("codedeploy")


def close(service: Service, group: Group) -> list[dict[str, Any]]:
    """End the group's deployments and remove it; returns the hooks that could not be removed."""
    for deployment_id in service.store.deployments.active_in(group.id):
        message = f"The deployment group {group.name} was deleted during the deployment."
        service.engine.submit(deployment_id, Abort("DEPLOYMENT_GROUP_MISSING", message))
    for deployment_id in service.store.deployments.active_in(group.id):
        # a rollback that the end of the first one began
        service.engine.submit(deployment_id, Abort("DEPLOYMENT_GROUP_MISSING", "The deployment group was deleted."))
    left = release(service, group, group.asgs)
    service.store.groups.remove(group.id)
    return left


def release(service: Service, group: Group, asgs: Iterable[str]) -> list[dict[str, Any]]:
    """Take the launch hooks off Auto Scaling groups; returns those that stayed."""
    left = []
    wanted = set(asgs)
    for hook in service.store.groups.hooks(group.id):
        if hook.asg not in wanted:
            continue
        try:
            if hook.installed:
                service.engine.ports.scaling.delete_hook(hook.asg, hook.name)
        except PortError as error:
            LOG.warning("the hook of %s stays: %s", hook.asg, error)
            left.append({"name": hook.asg, "hook": hook.name})
        service.store.groups.drop_hook(group.id, hook.asg)
    return left
