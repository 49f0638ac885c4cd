"""S3 objects that the program itself writes."""

from __future__ import annotations

import base64
from typing import Any

from rehearsal.provider.assets import content
from rehearsal.provider.aws import Aws
from rehearsal.provider.kind import Kind, Made
from rehearsal.provider.kinds.shapes import params, tag_list, tag_map
from rehearsal.provider.values import Props

PLAIN = "contentType cacheControl contentDisposition contentEncoding contentLanguage serverSideEncryption storageClass"
WRITTEN = f"content contentBase64 source sourceHash etag kmsKeyId bucketKeyEnabled metadata {PLAIN}"


def body(inputs: Props) -> bytes:
    if inputs.get("contentBase64"):
        return base64.b64decode(inputs["contentBase64"])
    source = inputs.get("source")
    if isinstance(source, dict):
        return content(source)
    return str(inputs.get("content") or "").encode()


def put(aws: Aws, inputs: Props) -> dict[str, Any]:
    found: dict[str, Any] = aws.s3.put_object(
        Bucket=inputs["bucket"], Key=inputs["key"], Body=body(inputs),
        **params(inputs, f"{PLAIN} metadata bucketKeyEnabled", kmsKeyId="SSEKMSKeyId"))
    return found


def make(aws: Aws, inputs: Props) -> Made:
    put(aws, inputs)
    return Made(f"{inputs['bucket']}/{inputs['key']}")


def tag(aws: Aws, id_: str, old: Props, new: Props) -> None:
    aws.s3.put_object_tagging(Bucket=new["bucket"], Key=new["key"], Tagging={"TagSet": tag_list(new.get("tagsAll"))})


def complete(aws: Aws, id_: str, inputs: Props) -> None:
    if inputs["tagsAll"]:
        tag(aws, id_, {}, inputs)


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    where = {"Bucket": properties["bucket"], "Key": properties["key"]}
    live = aws.s3.head_object(**where)
    tags = tag_map(aws.s3.get_object_tagging(**where)["TagSet"])
    return {"etag": live["ETag"].strip('"'), "versionId": live.get("VersionId", ""), "tagsAll": tags,
            "contentType": live["ContentType"], "arn": f"arn:aws:s3:::{properties['bucket']}/{properties['key']}"}


def drop(aws: Aws, id_: str, properties: Props) -> None:
    where = {"Bucket": properties["bucket"], "Key": properties["key"]}
    listed = aws.s3.list_object_versions(Bucket=where["Bucket"], Prefix=where["Key"])
    versions = [v["VersionId"] for part in ("Versions", "DeleteMarkers") for v in listed.get(part, [])
                if v["Key"] == where["Key"]]
    for version in versions:
        aws.s3.delete_object(**where, VersionId=version)
    if not versions:
        aws.s3.delete_object(**where)


def kind(token: str) -> Kind:
    return Kind(
        urn_type=f"aws:s3/{token[0].lower()}{token[1:]}:{token}", make=make, complete=complete, find=find, drop=drop,
        tag=tag, id_of=lambda inputs: f"{inputs['bucket']}/{inputs['key']}", fixed="bucket key",
        required="bucket key", state_only="forceDestroy", recomputed="etag versionId",
        changes={WRITTEN: lambda aws, id_, old, new: put(aws, new)})


KINDS = (kind("BucketObjectv2"), kind("BucketObject"))
