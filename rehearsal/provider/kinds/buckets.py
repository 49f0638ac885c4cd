"""S3 buckets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.kind import Kind, Made, Naming, Problem
from rehearsal.provider.kinds.shapes import tag_list, tag_map
from rehearsal.provider.values import Props

AT_ONCE = 1000      # objects that one call may delete
HOSTED_ZONES = {"ap-northeast-2": "Z3W03O7B5YMIYP", "us-east-1": "Z3AQBSTGFYJSTF"}


def make(aws: Aws, inputs: Props) -> Made:
    place = {} if aws.region == "us-east-1" else {
        "CreateBucketConfiguration": {"LocationConstraint": aws.region}}
    aws.s3.create_bucket(Bucket=inputs["bucket"], **place)
    return Made(inputs["bucket"], computed(aws, inputs["bucket"]))


def computed(aws: Aws, name: str) -> Props:
    return {"arn": f"arn:aws:s3:::{name}", "bucket": name, "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{name}.s3.{aws.region}.amazonaws.com", "bucketRegion": aws.region,
            "hostedZoneId": HOSTED_ZONES.get(aws.region, "")}


def complete(aws: Aws, id_: str, inputs: Props) -> None:
    if inputs["tagsAll"]:
        aws.s3.put_bucket_tagging(Bucket=id_, Tagging={"TagSet": tag_list(inputs["tagsAll"])})


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    aws.s3.head_bucket(Bucket=id_)
    return {**computed(aws, id_), "tagsAll": tags_of(aws, id_)}


def tags_of(aws: Aws, name: str) -> dict[str, str]:
    try:
        return tag_map(aws.s3.get_bucket_tagging(Bucket=name)["TagSet"])
    except aws.s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchTagSet":
            return {}
        raise


def tag(aws: Aws, id_: str, old: Props, new: Props) -> None:
    if new.get("tagsAll"):
        aws.s3.put_bucket_tagging(Bucket=id_, Tagging={"TagSet": tag_list(new["tagsAll"])})
    else:
        aws.s3.delete_bucket_tagging(Bucket=id_)


def drop(aws: Aws, id_: str, properties: Props) -> None:
    if properties.get("forceDestroy"):
        empty(aws, id_)
    aws.s3.delete_bucket(Bucket=id_)


def empty(aws: Aws, name: str) -> None:
    """Every version and every delete marker."""
    for page in aws.s3.get_paginator("list_object_versions").paginate(Bucket=name):
        listed = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        doomed: list[Any] = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in listed]
        for start in range(0, len(doomed), AT_ONCE):
            batch = {"Objects": doomed[start:start + AT_ONCE], "Quiet": True}
            answer = aws.s3.delete_objects(Bucket=name, Delete=batch)
            for error in answer.get("Errors", []):
                raise RuntimeError(f"DeleteObjects answered {error['Code']} for {error['Key']}: {error['Message']}")


def name_rules(inputs: Props) -> Iterable[Problem]:
    name = inputs.get("bucket")
    if isinstance(name, str) and (name != name.lower() or "_" in name or len(name) < 3):
        yield Problem("bucket", f"{name!r} is not a bucket's name: 3 to 63 of a-z, 0-9, - and .")


KINDS = (
    Kind(urn_type="aws:s3/bucket:Bucket", make=make, complete=complete, find=find, drop=drop, tag=tag,
         id_of=lambda inputs: str(inputs["bucket"]), fixed="bucket bucketPrefix", state_only="forceDestroy",
         naming=Naming("bucket", 63, lower=True, prefixed_by="bucketPrefix"), defaults={"forceDestroy": False},
         checks=(name_rules,)),
)
