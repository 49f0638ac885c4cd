"""Buckets: for nobody outside, over TLS only, encrypted, and keeping old versions for a while."""

from __future__ import annotations

from infra.policy import kinds
from infra.policy.documents import grants, refuses_plain_http
from infra.policy.rule import Findings, Pack, Subject

BUCKETS = Pack("S3")
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
FOR_THE_OWNER_ONLY = ("s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPolicy", "s3:PutEncryptionConfiguration",
                      "s3:PutObjectAcl")


def bucket_name(bucket: Subject) -> str:
    return str(bucket.resource.outputs.get("bucket"))


def keeps_access_logs(bucket: Subject) -> bool:
    return any((balancer["accessLogs"] or {}).get("bucket") == bucket_name(bucket)
               for balancer in bucket.others(kinds.BALANCER))


def part(bucket: Subject, kind: str) -> Subject | None:
    """The resource that holds one side of a bucket's configuration."""
    return bucket.first(kind, bucket=bucket_name(bucket))


@BUCKETS.rule(1, "Buckets block all public access", severity="high", controls=("S3.1", "S3.8", "CIS 2.1.4"),
              of=kinds.BUCKET)
def public_access_is_blocked(bucket: Subject) -> Findings:
    block = part(bucket, kinds.BUCKET_PUBLIC_ACCESS)
    open_ways = [way for way in BLOCKS if block is None or block[way] is not True]
    if open_ways:
        yield bucket.finding(f"lacks {', '.join(open_ways)}", fix="an s3.BucketPublicAccessBlock with all four true")


@BUCKETS.rule(2, "Buckets refuse requests without TLS", severity="medium", controls=("S3.5", "CIS 2.1.1"),
              of=kinds.BUCKET)
def plain_http_is_refused(bucket: Subject) -> Findings:
    if not refuses_plain_http(part(bucket, kinds.BUCKET_POLICY)):
        yield bucket.finding("answers plain HTTP", fix="deny s3:* where aws:SecureTransport is false")


@BUCKETS.rule(3, "Buckets keep old versions", severity="low", controls=("S3.14",), of=kinds.BUCKET)
def versions_are_kept(bucket: Subject) -> Findings:
    versioning = part(bucket, kinds.BUCKET_VERSIONING)
    if versioning is None or versioning["versioningConfiguration"].get("status") != "Enabled":
        yield bucket.finding("forgets what is overwritten or deleted", fix='an s3.BucketVersioning, "Enabled"')


@BUCKETS.rule(4, "Buckets say how they encrypt", severity="high", controls=None, of=kinds.BUCKET)
def encryption_is_stated(bucket: Subject) -> Findings:
    if not algorithms(bucket) & {"aws:kms", "aws:kms:dsse", "AES256"}:
        yield bucket.finding("leaves encryption to the default of its day",
                             fix="an s3.BucketServerSideEncryptionConfiguration")


@BUCKETS.rule(5, "Buckets use the stack's own key", severity="medium", controls=("S3.17",), of=kinds.BUCKET,
              where=lambda bucket: not keeps_access_logs(bucket))
def own_key(bucket: Subject) -> Findings:
    """Balancers can write access logs only where S3's own key is used: such buckets are not asked."""
    keys = {key.arn for key in bucket.others(kinds.KEY)}
    used = {default.get("kmsMasterKeyId") for default in defaults(bucket)}
    if not used & keys:
        yield bucket.finding("is readable to whoever may read the bucket: no key stands before it",
                             fix='sse_algorithm="aws:kms" with the stack\'s key')


@BUCKETS.rule(6, "Access is decided by policies alone: ACLs are off", severity="medium", controls=("S3.12",),
              of=kinds.BUCKET)
def lists_are_off(bucket: Subject) -> Findings:
    owner = part(bucket, kinds.BUCKET_OWNERSHIP)
    if owner is None or owner["rule"].get("objectOwnership") != "BucketOwnerEnforced":
        yield bucket.finding("lets objects have access lists and owners of their own",
                             fix='s3.BucketOwnershipControls with "BucketOwnerEnforced"')


@BUCKETS.rule(7, "Nothing stays in a bucket for ever", severity="low", controls=("S3.10", "S3.13"), of=kinds.BUCKET)
def contents_expire(bucket: Subject) -> Findings:
    if not any("expiration" in rule or "noncurrentVersionExpiration" in rule for rule in active_rules(bucket)):
        yield bucket.finding("only ever grows", fix="a lifecycle rule that expires old versions or objects")


@BUCKETS.rule(8, "Abandoned uploads are removed", severity="low", controls=None, of=kinds.BUCKET)
def uploads_are_tidied(bucket: Subject) -> Findings:
    if not any("abortIncompleteMultipartUpload" in rule for rule in active_rules(bucket)):
        yield bucket.finding("keeps, and bills, what was never finished", fix="abort_incomplete_multipart_upload")


@BUCKETS.rule(9, "Buckets of a production stack cannot be destroyed with their contents", severity="high",
              controls=None, of=kinds.BUCKET, production_only=True)
def contents_survive(bucket: Subject) -> Findings:
    if bucket["forceDestroy"]:
        yield bucket.finding("is emptied by `pulumi destroy`", fix="force_destroy=False")


@BUCKETS.rule(10, "Bucket policies let nobody in who is not named", severity="critical", controls=("S3.2", "S3.3"),
              of=kinds.BUCKET_POLICY)
def nobody_unnamed(policy: Subject) -> Findings:
    for grant in grants(policy):
        if grant.is_for_anybody:
            yield policy.finding(f"{grant.label} is for everybody", fix="name a principal")


@BUCKETS.rule(11, "Other accounts cannot take a bucket over", severity="high", controls=("S3.6",),
              of=kinds.BUCKET_POLICY)
def the_owner_stays_owner(policy: Subject) -> Findings:
    for grant in grants(policy):
        taken = [action for action in grant.actions if action in (*FOR_THE_OWNER_ONLY, "s3:*", "*")]
        if taken:
            yield policy.finding(f"{grant.label} gives {', '.join(taken)} away", fix="grant the one action needed")


def active_rules(bucket: Subject) -> list[dict[str, object]]:
    lifecycle = part(bucket, kinds.BUCKET_LIFECYCLE)
    return [rule for rule in lifecycle["rules"] if rule.get("status") == "Enabled"] if lifecycle else []


def defaults(bucket: Subject) -> list[dict[str, str]]:
    encryption = part(bucket, kinds.BUCKET_ENCRYPTION)
    rules = encryption["rules"] if encryption else []
    return [rule.get("applyServerSideEncryptionByDefault", {}) for rule in rules]


def algorithms(bucket: Subject) -> set[str | None]:
    return {default.get("sseAlgorithm") for default in defaults(bucket)}
