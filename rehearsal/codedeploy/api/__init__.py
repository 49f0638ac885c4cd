"""The 47 calls of CodeDeploy_20141006, one module per resource family, registered by action."""

from __future__ import annotations

from . import applications, configs, deployments, groups, instances, on_premises, revisions, tags, targets, unsupported
from .registry import ACTIONS, Service

__all__ = [
    "ACTIONS",
    "Service",
    "applications",
    "configs",
    "deployments",
    "groups",
    "instances",
    "on_premises",
    "revisions",
    "tags",
    "targets",
    "unsupported",
]
