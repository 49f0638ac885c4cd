"""Roles: a trusted service, and the documents (infra/policies/) that say what it may do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import iam

from infra import policies

Document = Callable[..., dict[str, Any]]


def render(document: Document, **inputs: Input[Any]) -> Output[str]:
    """A pure document function, applied to values that other resources are still to give."""
    return Output.all(**inputs).apply(
        lambda known: json.dumps(document(**known) if inputs else document()))


def role(name: str, *, service: str, account: str | None = None, parent: pulumi.Resource,
         **grants: Input[str]) -> iam.Role:
    """A role that only `service` may take (for `account` only), with one inline policy for each grant."""
    trust = json.dumps(policies.trust(service, account))
    made = iam.Role(name, assume_role_policy=trust, opts=ResourceOptions(parent=parent))
    for grant, document in grants.items():
        allow(f"{name}-{grant.replace('_', '-')}", made, document, parent=parent)
    return made


def allow(name: str, to: iam.Role, document: Input[str], *, parent: pulumi.Resource) -> iam.RolePolicy:
    return iam.RolePolicy(name, role=to.name, policy=document, opts=ResourceOptions(parent=parent))
