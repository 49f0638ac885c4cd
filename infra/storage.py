"""What everything else is kept in: the key that encrypts it, the bucket of releases, the bucket of access logs."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import elb, kms, s3

from infra import iam, resource_policies
from infra.account import Account

ABANDONED_UPLOAD_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class StorageArgs:
    account: Account
    stack: str
    keep_releases_days: int
    access_log_days: int
    destroyable: bool       # a stack that is not production may be destroyed with what its buckets hold


class Storage(pulumi.ComponentResource):
    key_arn: Output[str]
    artifact_bucket: Output[str]
    artifact_bucket_arn: Output[str]
    log_bucket: Output[str]

    def __init__(self, name: str, args: StorageArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("coko:infra:Storage", name, None, opts)
        self._name, self._args = name, args
        self._child = ResourceOptions(parent=self)

        self.key = self._make_key()
        self.artifacts = self._make_artifacts()
        self.logs = self._make_logs()

        self.key_arn = self.key.arn
        self.artifact_bucket = self.artifacts.bucket
        self.artifact_bucket_arn = self.artifacts.arn
        self.log_bucket = self.logs.bucket
        self.register_outputs({"artifact_bucket": self.artifact_bucket, "log_bucket": self.log_bucket})

    def _make_key(self) -> kms.Key:
        account = self._args.account
        document = resource_policies.key(partition=account.partition, account=account.id, region=account.region)
        key = kms.Key(self._name, description=f"COKO {self._args.stack}: releases, database, logs, alarms",
                      enable_key_rotation=True, deletion_window_in_days=30, policy=json.dumps(document),
                      opts=self._child)
        kms.Alias(self._name, target_key_id=key.key_id, opts=self._child)
        return key

    def _make_artifacts(self) -> s3.Bucket:
        name = f"{self._name}-releases"
        bucket = self._private_bucket(name, key=self.key.arn)
        s3.BucketPolicy(name, bucket=bucket.bucket, opts=self._child,
                        policy=iam.render(resource_policies.tls_only, bucket=bucket.arn))
        self._expire(name, bucket, s3.BucketLifecycleConfigurationRuleArgs(
            id="old-versions", status="Enabled", filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            noncurrent_version_expiration=s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=self._args.keep_releases_days)))
        return bucket

    def _make_logs(self) -> s3.Bucket:
        """Load balancers write only to buckets that encrypt with S3's own key."""
        name = f"{self._name}-logs"
        bucket = self._private_bucket(name, key=None)
        balancers = elb.get_service_account(opts=pulumi.InvokeOptions(parent=self))
        s3.BucketPolicy(name, bucket=bucket.bucket, opts=self._child, policy=iam.render(
            resource_policies.balancer_logs, bucket=bucket.arn, account=self._args.account.id,
            balancer_account=balancers.arn))
        self._expire(name, bucket, s3.BucketLifecycleConfigurationRuleArgs(
            id="old-logs", status="Enabled", filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            expiration=s3.BucketLifecycleConfigurationRuleExpirationArgs(days=self._args.access_log_days)))
        return bucket

    def _private_bucket(self, name: str, *, key: Input[str] | None) -> s3.Bucket:
        """Nobody outside, no ACLs, every version kept, everything encrypted."""
        bucket = s3.Bucket(name, force_destroy=self._args.destroyable, opts=self._child)
        s3.BucketPublicAccessBlock(name, bucket=bucket.bucket, block_public_acls=True, block_public_policy=True,
                                   ignore_public_acls=True, restrict_public_buckets=True, opts=self._child)
        s3.BucketOwnershipControls(name, bucket=bucket.bucket, opts=self._child,
                                   rule=s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"))
        s3.BucketVersioning(name, bucket=bucket.bucket, opts=self._child,
                            versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"))
        default = s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="aws:kms" if key else "AES256", kms_master_key_id=key)
        s3.BucketServerSideEncryptionConfiguration(
            name, bucket=bucket.bucket, opts=self._child,
            rules=[s3.BucketServerSideEncryptionConfigurationRuleArgs(
                apply_server_side_encryption_by_default=default, bucket_key_enabled=key is not None)])
        return bucket

    def _expire(self, name: str, bucket: s3.Bucket, rule: s3.BucketLifecycleConfigurationRuleArgs) -> None:
        abandoned = s3.BucketLifecycleConfigurationRuleArgs(
            id="abandoned-uploads", status="Enabled",
            filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            abort_incomplete_multipart_upload=s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=ABANDONED_UPLOAD_DAYS))
        s3.BucketLifecycleConfiguration(name, bucket=bucket.bucket, rules=[rule, abandoned], opts=self._child)
