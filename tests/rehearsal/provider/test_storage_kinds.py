"""S3 buckets with all their settings, and objects."""

from __future__ import annotations

import json

import pytest

from pipelines.errors import Failure
from rehearsal.provider.assets import ASSET, hashed
from rehearsal.provider.aws import Aws
from rehearsal.provider.provider import Provider
from rehearsal.provider.values import SIGNATURE
from tests.rehearsal.provider.lives import Life


def test_a_bucket_and_its_settings(provider: Provider, aws: Aws) -> None:
    bucket = Life.begin(provider, "aws:s3/bucket:Bucket", "trial-settings", forceDestroy=True, tags={"Name": "b"})
    bucket.change(tags={"Name": "c"})
    name = bucket.id
    versions = Life.begin(provider, "aws:s3/bucketVersioning:BucketVersioning", bucket=name,
                          versioningConfiguration={"status": "Enabled"})
    assert aws.s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    encrypted = Life.begin(
        provider, "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", bucket=name,
        rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}, "bucketKeyEnabled": False}])
    blocked = Life.begin(provider, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", bucket=name,
                         blockPublicAcls=True, restrictPublicBuckets=True)
    blocked.change(blockPublicPolicy=True)
    assert aws.s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": False, "RestrictPublicBuckets": True}
    owned = Life.begin(provider, "aws:s3/bucketOwnershipControls:BucketOwnershipControls", bucket=name,
                       rule={"objectOwnership": "BucketOwnerEnforced"})
    rule = {"id": "old", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": 30}}
    expiring = Life.begin(provider, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", bucket=name,
                          rules=[rule])
    expiring.change(rules=[{**rule, "expiration": {"days": 60}}])
    assert aws.s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"][0]["Expiration"]["Days"] == 60
    statement = {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                 "Resource": f"arn:aws:s3:::{name}/*",
                 "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    policy = Life.begin(provider, "aws:s3/bucketPolicy:BucketPolicy", bucket=name,
                        policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    for life in (policy, expiring, owned, blocked, encrypted, versions, bucket):
        life.end()


def test_objects_are_written_again_when_their_content_changes(provider: Provider, aws: Aws) -> None:
    bucket = Life.begin(provider, "aws:s3/bucket:Bucket", "trial-objects")
    made = Life.begin(provider, "aws:s3/bucketObjectv2:BucketObjectv2", bucket=bucket.id, key="a/b.txt",
                      source=hashed({SIGNATURE: ASSET, "text": "one"}), contentType="text/plain")
    assert aws.s3.get_object(Bucket=bucket.id, Key="a/b.txt")["Body"].read() == b"one"
    made.change(source=hashed({SIGNATURE: ASSET, "text": "two"}))
    assert aws.s3.get_object(Bucket=bucket.id, Key="a/b.txt")["Body"].read() == b"two"
    made.end()
    bucket.end()


def test_only_a_bucket_that_may_be_emptied_is(provider: Provider, aws: Aws) -> None:
    full = Life.begin(provider, "aws:s3/bucket:Bucket", "trial-full")
    aws.s3.put_object(Bucket=full.id, Key="kept", Body=b"x")
    with pytest.raises(Failure) as caught:
        full.end()
    assert "aws:s3/bucket:Bucket" in caught.value.what
    assert "DeleteBucket answered BucketNotEmpty" in caught.value.why
    full.change(forceDestroy=True)
    aws.s3.put_bucket_versioning(Bucket=full.id, VersioningConfiguration={"Status": "Enabled"})
    aws.s3.delete_object(Bucket=full.id, Key="kept")
    full.end()
