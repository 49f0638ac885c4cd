"""The program as a whole: whose it is, which AWS it talks to, and that no secret was ever written into it."""

from __future__ import annotations

import json
from typing import Any

from infra.policy import kinds
from infra.policy.rule import Findings, Pack, Subject
from infra.policy.secrets import secret_fields

PROGRAM = Pack("COKO")
TAGS = ("coko:stack", "coko:owner", "coko:managed-by")
UNDERSTOOD = {kinds.LAUNCH_TEMPLATE: "userData", kinds.INSTANCE: "userDataBase64"}


@PROGRAM.rule(1, "Everything is tagged with its stack, its owner and what made it", severity="low", controls=None,
              of=kinds.PROVIDER)
def everything_is_tagged(provider: Subject) -> Findings:
    tags = as_data(provider["defaultTags"]).get("tags", {})
    missing = [tag for tag in TAGS if not tags.get(tag)]
    if missing:
        yield provider.finding(f"gives resources no {', '.join(missing)}", fix="default_tags from Settings.tags")


@PROGRAM.rule(2, "No input holds a secret", severity="critical", controls=None, of=())
def nothing_is_written_down(resource: Subject) -> Findings:
    """Inputs are stored in Pulumi's state and shown in previews."""
    inputs = {name: value for name, value in resource.resource.inputs.items()
              if name != UNDERSTOOD.get(resource.resource.type)}
    for found in secret_fields(inputs):
        yield resource.finding(f"has {found}", fix="keep it in Secrets Manager and pass its ARN")


@PROGRAM.rule(3, "A production stack talks to Amazon's own API", severity="critical", controls=None,
              of=kinds.PROVIDER, production_only=True)
def production_is_on_aws(provider: Subject) -> Findings:
    if as_data(provider["endpoints"]) or provider.program.settings.aws.endpoint:
        yield provider.finding("sends production's requests, credentials and all, somewhere else",
                               fix="remove coko:aws: endpoint")


@PROGRAM.rule(4, "Published parameters belong to their stack", severity="medium", controls=None,
              of=kinds.PARAMETER)
def parameters_have_a_home(parameter: Subject) -> Findings:
    """Roles read and write below their own stack's path: elsewhere nobody can use it, or another stack does."""
    home = f"/coko/{parameter.program.stack}/"
    if not str(parameter["name"]).startswith(home):
        yield parameter.finding(f"is published as {parameter['name']}", fix=f"a name below {home}")


@PROGRAM.rule(5, "Every kind of resource is one that somebody has thought about", severity="medium", controls=None,
              of=())
def nothing_unknown(resource: Subject) -> Findings:
    """A resource that no rule has ever heard of passes them all."""
    if resource.resource.type not in kinds.KNOWN:
        yield resource.finding("is of a kind that no rule knows",
                               fix="write rules for it, or add it to HARMLESS in infra/policy/kinds.py")


def as_data(value: Any) -> Any:
    """Providers get structured values as JSON text."""
    return json.loads(value) if isinstance(value, str) else value or {}
