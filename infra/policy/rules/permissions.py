"""Permissions: every role does one thing, on things that are named, and none can give itself more."""

from __future__ import annotations

from infra.policy import kinds
from infra.policy.documents import document, grants
from infra.policy.rule import Findings, Pack, Subject
from infra.policy.rules.keeping import is_tied
from infra.policy.rules.wildcards import NARROWEST

PERMISSIONS = Pack("IAM")
DECRYPTION = {"kms:Decrypt", "kms:ReEncryptFrom", "kms:*", "*"}
POWER = ("iam:", "sts:", "organizations:", "account:")
# Services whose documentation asks for it. A role of EC2 or CodeDeploy cannot be passed from another account.
DEPUTIES = ("vpc-flow-logs.amazonaws.com",)


@PERMISSIONS.rule(1, "No role may do everything", severity="critical", controls=("IAM.1",), of=kinds.POLICIES)
def nobody_is_almighty(policy: Subject) -> Findings:
    for grant in grants(policy):
        if "*" in grant.actions or "*:*" in grant.actions:
            yield policy.finding(f"{grant.label} allows every action", fix="name the actions")


@PERMISSIONS.rule(2, "Actions are named, never by wildcard", severity="high", controls=("IAM.21",),
                  of=kinds.POLICIES)
def actions_are_named(policy: Subject) -> Findings:
    for grant in grants(policy):
        for action in grant.actions:
            if ":" in action and "*" in action and action != "*:*":
                yield policy.finding(f"{grant.label} allows {action}", fix="name the actions")


@PERMISSIONS.rule(3, "Resources are named wherever AWS lets one name them", severity="high", controls=None,
                  of=kinds.POLICIES)
def resources_are_named(policy: Subject) -> Findings:
    for grant in grants(policy):
        if "*" not in grant.resources:
            continue
        for action in grant.actions:
            if ":" in action and "*" not in action and action not in NARROWEST:
                yield policy.finding(f"{grant.label} allows {action} on everything", fix="name the resource")


@PERMISSIONS.rule(4, "Metrics go to one namespace", severity="low", controls=None, of=kinds.POLICIES,
                  where=lambda policy: "cloudwatch:PutMetricData" in actions(policy))
def metrics_have_a_place(policy: Subject) -> Findings:
    for grant in grants(policy):
        if "cloudwatch:PutMetricData" in grant.actions and "cloudwatch:namespace" not in grant.condition_keys:
            yield policy.finding(f"{grant.label} may overwrite anybody's metrics",
                                 fix="a condition on cloudwatch:namespace")


@PERMISSIONS.rule(5, "Roles are taken by one AWS service each", severity="high", controls=None, of=kinds.ROLE)
def one_taker(role: Subject) -> Findings:
    takers = [taker for grant in grants(role) for taker in grant.principals]
    if len(takers) != 1 or takers[0][0] != "Service":
        yield role.finding(f"may be taken by {', '.join(name for _, name in takers) or 'nobody'}",
                           fix="one service; people come through SSO")


@PERMISSIONS.rule(6, "Services that act for many accounts take a role for this one only", severity="medium",
                  controls=None, of=kinds.ROLE, where=lambda role: any(name in DEPUTIES for name in takers(role)))
def deputies_are_not_confused(role: Subject) -> Findings:
    for grant in grants(role):
        if not is_tied(grant):
            yield role.finding("may be used for another account's resource", fix="a condition on aws:SourceAccount")


@PERMISSIONS.rule(7, "Decryption is allowed with named keys only", severity="high", controls=("KMS.2",),
                  of=kinds.POLICIES, where=lambda policy: bool(DECRYPTION & actions(policy)))
def keys_are_named(policy: Subject) -> Findings:
    for grant in grants(policy):
        if DECRYPTION & {*grant.actions} and any("*" in resource for resource in grant.resources):
            yield policy.finding(f"{grant.label} decrypts with any key", fix="the stack's key")


@PERMISSIONS.rule(8, "No role can give itself, or take, another's permissions", severity="critical", controls=None,
                  of=kinds.POLICIES)
def nobody_climbs(policy: Subject) -> Findings:
    for action in sorted(actions(policy)):
        if action.startswith(POWER) and action != "sts:GetCallerIdentity":
            yield policy.finding(f"allows {action}", fix="leave it to Pulumi's own role")


@PERMISSIONS.rule(9, "Permissions say what is allowed, never what is excepted", severity="high", controls=None,
                  of=kinds.POLICIES)
def nothing_by_exception(policy: Subject) -> Findings:
    for grant in grants(policy):
        for field in ("NotAction", "NotResource"):
            if field in grant.raw:
                yield policy.finding(f"uses {field}: what AWS adds tomorrow is allowed as well",
                                     fix="name what is allowed")


@PERMISSIONS.rule(10, "Roles have no ready-made policies, and none inside themselves", severity="medium",
                  controls=None, of=kinds.ROLE)
def nothing_ready_made(role: Subject) -> Findings:
    """AWS's own are made for everybody: wider than any one system needs, and changed without notice."""
    attached = [one["policyArn"] for one in role.others(kinds.ROLE_ATTACHMENT)
                if one["role"] in (role.resource.outputs.get("name"), role.name)]
    for policy in [*(role["managedPolicyArns"] or []), *attached]:
        yield role.finding(f"has {policy}", fix="write the few actions that it needs into infra/policies.py")
    if role["inlinePolicies"]:
        yield role.finding("holds policies that nothing here reads", fix="make them with iam.allow()")


@PERMISSIONS.rule(11, "A role reads its own part of a bucket, not all of it", severity="high", controls=None,
                  of=kinds.POLICIES, where=lambda policy: any(one.startswith("s3:") for one in actions(policy)))
def buckets_are_shared_by_prefix(policy: Subject) -> Findings:
    whole = {f"{bucket.arn}/*" for bucket in policy.others(kinds.BUCKET)}
    for grant in grants(policy):
        if whole & {*grant.resources}:
            yield policy.finding(f"{grant.label} covers every object of the bucket", fix="a prefix, such as web/*")


@PERMISSIONS.rule(12, "Secrets are read by their full name", severity="high", controls=None, of=kinds.POLICIES,
                  where=lambda policy: "secretsmanager:GetSecretValue" in actions(policy))
def secrets_are_named(policy: Subject) -> Findings:
    for grant in grants(policy):
        if "secretsmanager:GetSecretValue" in grant.actions and any("*" in one for one in grant.resources):
            yield policy.finding(f"{grant.label} reads more than one secret", fix="the secret's own ARN")


@PERMISSIONS.rule(13, "Nobody gets a key that lasts", severity="critical", controls=None, of=())
def nothing_long_lived(resource: Subject) -> Findings:
    """Users, access keys and SSH keys outlive the people they were made for."""
    if resource.resource.type in kinds.LONG_LIVED:
        yield resource.finding("is a credential that lasts", fix="a role; SSM sessions for people")


@PERMISSIONS.rule(14, "Documents use the current policy language", severity="low", controls=None,
                  of=(kinds.ROLE, *kinds.POLICIES, kinds.KEY, kinds.BUCKET_POLICY, kinds.TOPIC_POLICY))
def language_is_current(policy: Subject) -> Findings:
    if document(policy).get("Version") != "2012-10-17":
        yield policy.finding("has the language of 2008: variables are taken as text", fix='"Version": "2012-10-17"')


def actions(policy: Subject) -> set[str]:
    return {action for grant in grants(policy) for action in grant.actions}


def takers(role: Subject) -> list[str]:
    return [name for grant in grants(role) for _, name in grant.principals]
