"""What a bucket is told after it is made: each setting is a resource of its own, and each is one put and one get."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.kind import Kind, Made
from rehearsal.provider.kinds.shapes import camel_tree, pascal_tree
from rehearsal.provider.values import Props

SPELLED = {"sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID", "id": "ID", "mfaDelete": "MFADelete",
           "tags": "Tags"}
BACK = {"SSEAlgorithm": "sseAlgorithm", "KMSMasterKeyID": "kmsMasterKeyId", "ID": "id", "MFADelete": "mfaDelete"}
BLOCKS = ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets")

Read = Callable[[Aws, str], Props]


def setting(token: str, names: str, put: Callable[[Aws, str, Props], Any], read: Read,
            drop: Callable[[Aws, str], Any], **rules: Any) -> Kind:
    """A bucket's setting: made and changed by the same call, known by the bucket's name."""
    def make(aws: Aws, inputs: Props) -> Made:
        put(aws, inputs["bucket"], inputs)
        return Made(inputs["bucket"], {})

    return Kind(
        urn_type=f"aws:s3/{token[0].lower()}{token[1:]}:{token}", make=make,
        find=lambda aws, id_, properties: read(aws, id_), id_of=lambda inputs: str(inputs["bucket"]),
        drop=lambda aws, id_, properties: drop(aws, id_), fixed="bucket",
        changes={names: lambda aws, id_, old, new: put(aws, id_, new)},
        required=f"bucket {rules.pop('required', names)}", **rules)


def lifecycle_rules(rules: list[Props]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pascal_tree(rules, SPELLED)
    for rule in found:
        rule.setdefault("Filter", {"Prefix": ""})
    return found


def read_lifecycle(aws: Aws, bucket: str) -> Props:
    live = aws.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    return {"rules": camel_tree(live, BACK)}


def put_blocks(aws: Aws, bucket: str, inputs: Props) -> None:
    aws.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=pascal_tree(
        {name: bool(inputs.get(name)) for name in BLOCKS}))


KINDS = (
    setting("BucketVersioning", "versioningConfiguration",
            lambda aws, bucket, inputs: aws.s3.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration=pascal_tree(inputs["versioningConfiguration"], SPELLED)),
            lambda aws, bucket: {"versioningConfiguration": {
                "status": aws.s3.get_bucket_versioning(Bucket=bucket).get("Status", "Disabled")}},
            lambda aws, bucket: aws.s3.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})),
    setting("BucketServerSideEncryptionConfiguration", "rules",
            lambda aws, bucket, inputs: aws.s3.put_bucket_encryption(
                Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": pascal_tree(inputs["rules"], SPELLED)}),
            lambda aws, bucket: {"rules": camel_tree(aws.s3.get_bucket_encryption(Bucket=bucket)[
                "ServerSideEncryptionConfiguration"]["Rules"], BACK)},
            lambda aws, bucket: aws.s3.delete_bucket_encryption(Bucket=bucket)),
    setting("BucketPublicAccessBlock", " ".join(BLOCKS), put_blocks,
            lambda aws, bucket: camel_tree(aws.s3.get_public_access_block(Bucket=bucket)[
                "PublicAccessBlockConfiguration"]),
            lambda aws, bucket: aws.s3.delete_public_access_block(Bucket=bucket),
            required="", defaults=dict.fromkeys(BLOCKS, False), state_only="skipDestroy"),
    setting("BucketOwnershipControls", "rule",
            lambda aws, bucket, inputs: aws.s3.put_bucket_ownership_controls(
                Bucket=bucket, OwnershipControls={"Rules": [pascal_tree(inputs["rule"])]}),
            lambda aws, bucket: {"rule": camel_tree(aws.s3.get_bucket_ownership_controls(Bucket=bucket)[
                "OwnershipControls"]["Rules"][0])},
            lambda aws, bucket: aws.s3.delete_bucket_ownership_controls(Bucket=bucket)),
    setting("BucketLifecycleConfiguration", "rules",
            lambda aws, bucket, inputs: aws.s3.put_bucket_lifecycle_configuration(
                Bucket=bucket, LifecycleConfiguration={"Rules": lifecycle_rules(inputs["rules"])}),
            read_lifecycle, lambda aws, bucket: aws.s3.delete_bucket_lifecycle(Bucket=bucket)),
    setting("BucketPolicy", "policy",
            lambda aws, bucket, inputs: aws.s3.put_bucket_policy(Bucket=bucket, Policy=inputs["policy"]),
            lambda aws, bucket: {"policy": aws.s3.get_bucket_policy(Bucket=bucket)["Policy"]},
            lambda aws, bucket: aws.s3.delete_bucket_policy(Bucket=bucket), documents="policy"),
)
