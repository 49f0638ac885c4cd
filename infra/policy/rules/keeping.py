"""Keys, secrets and topics: whose they are, how long they last, who may listen."""

from __future__ import annotations

from infra.policy import kinds
from infra.policy.documents import Statement, grants, refuses_plain_http
from infra.policy.rule import Findings, Pack, Subject

KEEPING = Pack("KEEP")
LONGEST_WAIT = 30           # days, AWS's own maximum: time to notice
SHORTEST_RECOVERY = 7
GUARDED = (kinds.KEY, kinds.BUCKET_POLICY, kinds.TOPIC_POLICY)
# A service that acts for other accounts too must say for which one it acts now.
TIES = {"aws:SourceAccount", "aws:SourceArn", "kms:EncryptionContext:aws:logs:arn"}


def is_tied(grant: Statement) -> bool:
    return bool(TIES & grant.condition_keys)


@KEEPING.rule(1, "Keys are rotated every year", severity="medium", controls=("KMS.4", "CIS 3.6"), of=kinds.KEY)
def keys_rotate(key: Subject) -> Findings:
    if not key["enableKeyRotation"]:
        yield key.finding("is the same key for ever", fix="enable_key_rotation=True")


@KEEPING.rule(2, "A key that is deleted can be brought back for 30 days", severity="high", controls=("KMS.3",),
              of=kinds.KEY)
def keys_do_not_vanish(key: Subject) -> Findings:
    """What it encrypted, backups included, goes with it."""
    if (key["deletionWindowInDays"] or LONGEST_WAIT) < LONGEST_WAIT:
        yield key.finding(f"is gone {key['deletionWindowInDays']} days after a mistake",
                          fix="deletion_window_in_days=30")


@KEEPING.rule(3, "Keys are not for everybody", severity="critical", controls=("KMS.5",), of=kinds.KEY)
def keys_are_private(key: Subject) -> Findings:
    for grant in grants(key):
        if grant.is_for_anybody:
            yield key.finding(f"{grant.label} is for everybody", fix="name a principal")


@KEEPING.rule(4, "AWS services act for this account only", severity="high", controls=None, of=GUARDED)
def services_are_tied(guarded: Subject) -> Findings:
    """Else another account's alarm, log or balancer could use what this policy grants (the confused deputy)."""
    for grant in grants(guarded):
        if any(kind == "Service" for kind, _ in grant.principals) and not is_tied(grant):
            yield guarded.finding(f"{grant.label} lets a service in for any account",
                                  fix="a condition on aws:SourceAccount or aws:SourceArn")


@KEEPING.rule(5, "Secrets are encrypted with the stack's own key", severity="medium", controls=None, of=kinds.SECRET)
def secrets_have_the_stacks_key(secret: Subject) -> Findings:
    if secret["kmsKeyId"] not in [key.arn for key in secret.others(kinds.KEY)]:
        yield secret.finding("is readable to whoever may read secrets: no key stands before it", fix="kms_key_id")


@KEEPING.rule(6, "Secrets of a production stack can be brought back", severity="medium", controls=None,
              of=kinds.SECRET, production_only=True)
def secrets_can_be_recovered(secret: Subject) -> Findings:
    days = secret["recoveryWindowInDays"]
    if days is not None and days < SHORTEST_RECOVERY:
        yield secret.finding("is gone at once when it is deleted", fix="recovery_window_in_days=30")


@KEEPING.rule(7, "Topics are encrypted with the stack's own key", severity="medium", controls=("SNS.1",),
              of=kinds.TOPIC)
def topics_are_encrypted(topic: Subject) -> Findings:
    if topic["kmsMasterKeyId"] not in [key.arn for key in topic.others(kinds.KEY)]:
        yield topic.finding("keeps messages in plain text", fix="kms_master_key_id")


@KEEPING.rule(8, "Topics are not for everybody", severity="high", controls=("SNS.4",), of=kinds.TOPIC_POLICY)
def topics_are_private(policy: Subject) -> Findings:
    for grant in grants(policy):
        if grant.is_for_anybody:
            yield policy.finding(f"{grant.label} is for everybody", fix="name a principal")


@KEEPING.rule(9, "Topics refuse plain HTTP", severity="medium", controls=None, of=kinds.TOPIC)
def topics_are_heard_over_tls(topic: Subject) -> Findings:
    if not refuses_plain_http(topic.first(kinds.TOPIC_POLICY, arn=topic.arn)):
        yield topic.finding("takes messages over plain HTTP", fix="deny where aws:SecureTransport is false")


@KEEPING.rule(10, "Somebody hears the alarms of a production stack", severity="high", controls=None, of=kinds.TOPIC,
              production_only=True)
def somebody_listens(topic: Subject) -> Findings:
    if topic.first(kinds.SUBSCRIPTION, topic=topic.arn) is None:
        yield topic.finding("has no subscriber", fix="coko:alarms: mail: [on-call@example.com]")
