"""IAM: AWS's own managed policies exist from the moment somebody names one, and a trust policy has to be one.

Having moto load all 1,500 at its start would cost more than everything else in the cloud's memory.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from rehearsal.cloud.answers import Answers, Call, Reply
from rehearsal.cloud.errors import AwsError

ANSWERS = Answers("iam")
MANAGED = "arn:aws:iam::aws:policy/"


@ANSWERS("AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy", "GetPolicy", "GetPolicyVersion",
         "ListPolicyVersions", "ListEntitiesForPolicy")
def with_managed_policy(call: Call) -> Reply:
    arn = str(call.params.get("PolicyArn", ""))
    if arn.startswith(MANAGED):
        _know(call.account, arn)
    return call.onward()


@ANSWERS("CreateRole", "UpdateAssumeRolePolicy")
def with_trust_policy(call: Call) -> Reply:
    key = "AssumeRolePolicyDocument" if call.operation == "CreateRole" else "PolicyDocument"
    problem = trust_problem(call.params.get(key, ""))
    if problem:
        raise AwsError("MalformedPolicyDocument", problem)
    return call.onward()


def trust_problem(text: str) -> str | None:
    """What AWS would not accept in a trust policy; None when it would."""
    try:
        document = json.loads(text)
    except ValueError:
        return "This policy contains invalid Json"
    statements = document.get("Statement") if isinstance(document, dict) else None
    if not statements:
        return "Could not find a Statement in the trust policy"
    for statement in statements if isinstance(statements, list) else [statements]:
        if "Principal" not in statement:
            return "AssumeRole policy must contain principals"
        actions = statement.get("Action", [])
        if any(not action.startswith("sts:") for action in ([actions] if isinstance(actions, str) else actions)):
            return "AssumeRole policy may only specify STS AssumeRole actions"
        if "Resource" in statement:
            return "Has prohibited field Resource"
    return None


def _know(account: str, arn: str) -> None:
    from moto.iam.models import AWSManagedPolicy, iam_backends
    backend = iam_backends[account]["global"]
    name = arn.rsplit("/", 1)[1]
    data = _published().get(name)
    if arn in backend.managed_policies or data is None:
        return
    policy = AWSManagedPolicy.from_data(name, account, backend.region_name, data)
    if policy.arn == arn:
        backend.managed_policies[arn] = policy


@cache
def _published() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    found: dict[str, Any] = json.loads(aws_managed_policies_data)
    return found
