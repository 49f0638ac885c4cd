"""What buckets, keys and topics let others do to them: policy documents as pure functions of plain values."""

from __future__ import annotations

from typing import Any

from infra.policies import Statement, document


def _deny_plain_http(bucket: str) -> Statement:
    return {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": [bucket, f"{bucket}/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


def tls_only(*, bucket: str) -> dict[str, Any]:
    return document(_deny_plain_http(bucket))


def balancer_logs(*, bucket: str, account: str, balancer_account: str) -> dict[str, Any]:
    """ALBs write as their region's own account, NLBs as the log delivery service; both under our account's path."""
    path = f"{bucket}/*/AWSLogs/{account}/*"
    return document(
        {"Sid": "Application", "Effect": "Allow", "Principal": {"AWS": balancer_account}, "Action": "s3:PutObject",
         "Resource": path},
        {"Sid": "Network", "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"},
         "Action": "s3:PutObject", "Resource": path,
         "Condition": {"StringEquals": {"aws:SourceAccount": account, "s3:x-amz-acl": "bucket-owner-full-control"}}},
        {"Sid": "NetworkCheck", "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"},
         "Action": "s3:GetBucketAcl", "Resource": bucket,
         "Condition": {"StringEquals": {"aws:SourceAccount": account}}},
        _deny_plain_http(bucket),
    )


def key(*, partition: str, account: str, region: str) -> dict[str, Any]:
    """The account's own IAM decides (its root is the usual door); logs and alarms use the key only for this account."""
    services = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    return document(
        {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
         "Action": "kms:*", "Resource": "*"},
        {"Sid": "Logs", "Effect": "Allow", "Principal": {"Service": f"logs.{region}.amazonaws.com"},
         "Action": services, "Resource": "*", "Condition": {"ArnLike": {
             "kms:EncryptionContext:aws:logs:arn": f"arn:{partition}:logs:{region}:{account}:log-group:*"}}},
        {"Sid": "Alarms", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
         "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*",
         "Condition": {"StringEquals": {"aws:SourceAccount": account}}},
    )


def alarm_topic(*, topic: str, account: str) -> dict[str, Any]:
    """CloudWatch alarms and RDS events of this account may speak here; nobody in plain HTTP."""
    return document(
        {"Sid": "Alarms", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
         "Action": "sns:Publish", "Resource": topic, "Condition": {"StringEquals": {"aws:SourceAccount": account}}},
        {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic,
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    )
