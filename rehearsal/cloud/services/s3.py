"""S3: a bucket's policy is kept whole and shown whole; moto enforces of it what it understands.

moto refuses whatever a Deny names and does not look at the Deny's conditions, so that "deny unless TLS" would deny all.
Loopback counts as a secure way here, so a conditional Deny is recorded and not enforced (docs/fidelity.md).
"""

from __future__ import annotations

import json
from typing import Any

from rehearsal.cloud.answers import Answers, Call, Reply
from rehearsal.cloud.errors import AwsError

ANSWERS = Answers("s3")


def policies(call: Call) -> dict[str, str]:
    return call.world.room("s3/policies", dict[str, str])


@ANSWERS("PutBucketPolicy")
def put_policy(call: Call) -> Reply:
    bucket, text = call.params["Bucket"], call.params["Policy"]
    call.ask("s3", "HeadBucket", Bucket=bucket)
    enforced = without_conditional_denials(text)
    if enforced["Statement"]:
        call.onward({**call.params, "Policy": json.dumps(enforced)})
    policies(call)[bucket] = text
    return {}


@ANSWERS("GetBucketPolicy")
def get_policy(call: Call) -> Reply:
    call.ask("s3", "HeadBucket", Bucket=call.params["Bucket"])
    text = policies(call).get(call.params["Bucket"])
    if text is None:
        raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    return {"Policy": text}


@ANSWERS("DeleteBucketPolicy")
def delete_policy(call: Call) -> Reply:
    policies(call).pop(call.params["Bucket"], None)
    return call.onward()


@ANSWERS("DeleteBucket")
def delete_bucket(call: Call) -> Reply:
    reply = call.onward()
    policies(call).pop(call.params["Bucket"], None)
    return reply


def without_conditional_denials(text: str) -> dict[str, Any]:
    try:
        policy = json.loads(text)
        statements = policy["Statement"]
    except (ValueError, KeyError, TypeError) as error:
        raise AwsError("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'") from error
    kept = [s for s in statements if not (s.get("Effect") == "Deny" and s.get("Condition"))]
    return {**policy, "Statement": kept}
