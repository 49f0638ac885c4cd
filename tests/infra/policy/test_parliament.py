"""IAM documents, read by somebody else: parliament knows AWS's actions, resource types and condition keys."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import parliament
import pytest

from infra.policy import kinds
from infra.policy.recording import Recorded
from infra.policy.rules.wildcards import NARROWEST, NO_RESOURCES, REASONS
from tests.infra import STACKS, recorded

DOCUMENTS = (kinds.ROLE_POLICY, kinds.ROLE, kinds.KEY, kinds.BUCKET_POLICY, kinds.TOPIC_POLICY)

# What parliament says that is not so, by type and issue, and why.
FALSE_FINDINGS = {
    (kinds.ROLE, "RESOURCE_STAR"): "a trust policy has no resources: the * is ours, so that parliament reads it",
    (kinds.KEY, "RESOURCE_STAR"): "in a key's own policy, * is that key",
    (kinds.KEY, "UNKNOWN_CONDITION_FOR_ACTION"): "parliament does not know kms:EncryptionContext:<key>",
    (kinds.KEY, "MISMATCHED_TYPE"): "an encryption context is text to parliament; the logs service puts an ARN there",
}


def text_of(resource: Recorded) -> str:
    if resource.type != kinds.ROLE:
        return str(resource.inputs["policy"])
    trust = json.loads(resource.inputs["assumeRolePolicy"])
    trust["Statement"] = [{**statement, "Resource": "*"} for statement in trust["Statement"]]
    return json.dumps(trust)


@cache
def issues(kind: str, text: str) -> frozenset[tuple[str, str]]:
    return frozenset((kind, f"{one.issue} {one.detail}") for one in parliament.analyze_policy_string(text).findings)


@pytest.mark.parametrize("stack", STACKS)
def test_parliament_finds_nothing(stack: str) -> None:
    found = [(resource.name, issue) for resource in recorded(stack).typed(*DOCUMENTS)
             for kind, issue in issues(resource.type, text_of(resource))
             if (kind, issue.split()[0]) not in FALSE_FINDINGS]
    assert found == []


def test_it_is_still_needed_to_overrule_parliament() -> None:
    seen = {(kind, issue.split()[0]) for stack in STACKS for resource in recorded(stack).typed(*DOCUMENTS)
            for kind, issue in issues(resource.type, text_of(resource))}
    assert FALSE_FINDINGS.keys() - seen == set()


@pytest.mark.parametrize("broken", [
    {"Action": "s3:GetObjekt", "Resource": "arn:aws:s3:::b/*"},
    {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b"},
    {"Action": "s3:GetObject", "Resource": "*"},
    {"Action": "sns:Publish", "Resource": "arn:aws:sns:eu-west-1:123456789012:t",
     "Condition": {"StringEquals": {"s3:prefix": "x"}}},
])
def test_parliament_would_notice(broken: dict[str, Any]) -> None:
    statement = {"Effect": "Allow", **broken}
    assert issues(kinds.ROLE_POLICY, json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def required_types(action: str) -> set[str]:
    """The resource types that AWS insists on for an action, by parliament's own list."""
    service, name = action.lower().split(":")
    return {one["resource_type"] for known in parliament.iam_definition if known["prefix"] == service
            for privilege in known["privileges"] if privilege["privilege"].lower() == name
            for one in privilege["resource_types"] if one["resource_type"].endswith("*")}


def exists(action: str) -> bool:
    service, name = action.lower().split(":")
    return any(privilege["privilege"].lower() == name for known in parliament.iam_definition
               if known["prefix"] == service for privilege in known["privileges"])


@pytest.mark.parametrize("action", NARROWEST)
def test_a_wildcard_is_allowed_only_where_nothing_narrower_exists(action: str) -> None:
    assert exists(action)
    assert NARROWEST[action] != NO_RESOURCES or required_types(action) == set()


def test_every_wildcard_that_is_allowed_is_used() -> None:
    used = {action for stack in STACKS for policy in recorded(stack).typed(kinds.ROLE_POLICY)
            for statement in json.loads(policy.inputs["policy"])["Statement"] if "*" in statement["Resource"]
            for action in statement["Action"]}
    assert NARROWEST.keys() - used == set()
    assert REASONS.keys() <= NARROWEST.keys()
