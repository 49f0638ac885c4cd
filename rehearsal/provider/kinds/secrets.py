"""Secrets Manager: places for secrets. Their values are put there by people and services, not by the program."""

from __future__ import annotations

from collections.abc import Iterable

from rehearsal.provider.aws import Aws
from rehearsal.provider.kind import Kind, Made, Naming, Problem
from rehearsal.provider.kinds.shapes import outputs, params, retagged, tag_list, tag_map
from rehearsal.provider.values import Props


def make(aws: Aws, inputs: Props) -> Made:
    tags = tag_list(inputs["tagsAll"])
    arn = aws.secretsmanager.create_secret(**params(inputs, "name description kmsKeyId"),
                                           **({"Tags": tags} if tags else {}))["ARN"]
    return Made(arn, {"arn": arn, "name": inputs["name"]})


def complete(aws: Aws, id_: str, inputs: Props) -> None:
    if inputs.get("policy"):
        aws.secretsmanager.put_resource_policy(SecretId=id_, ResourcePolicy=inputs["policy"])


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = aws.secretsmanager.describe_secret(SecretId=id_)
    if live.get("DeletedDate"):
        return None
    policy = aws.secretsmanager.get_resource_policy(SecretId=id_).get("ResourcePolicy") \
        if properties.get("policy") else None
    return {"description": "", "kmsKeyId": "", **outputs(live, "description kmsKeyId name", arn="ARN"),
            "tagsAll": tag_map(live.get("Tags")), **({"policy": policy} if policy else {})}


def seek(aws: Aws, inputs: Props) -> Iterable[str]:
    return [s["ARN"] for s in aws.pages("secretsmanager", "list_secrets", "SecretList") if s["Name"] == inputs["name"]]


def change(aws: Aws, id_: str, old: Props, new: Props) -> None:
    aws.secretsmanager.update_secret(SecretId=id_, Description=new.get("description", ""), **params(new, "kmsKeyId"))


def change_policy(aws: Aws, id_: str, old: Props, new: Props) -> None:
    if new.get("policy"):
        complete(aws, id_, new)
    else:
        aws.secretsmanager.delete_resource_policy(SecretId=id_)


def tag(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = retagged(old, new)
    if add:
        aws.secretsmanager.tag_resource(SecretId=id_, Tags=tag_list(add))
    if remove:
        aws.secretsmanager.untag_resource(SecretId=id_, TagKeys=remove)


def drop(aws: Aws, id_: str, properties: Props) -> None:
    days = properties.get("recoveryWindowInDays", 30)
    how = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    aws.secretsmanager.delete_secret(SecretId=id_, **how)


def window(inputs: Props) -> Iterable[Problem]:
    days = inputs.get("recoveryWindowInDays")
    if isinstance(days, int) and days and not 7 <= days <= 30:
        yield Problem("recoveryWindowInDays", f"is {days}; it must be 0, or between 7 and 30")


KINDS = (
    Kind(urn_type="aws:secretsmanager/secret:Secret", make=make, complete=complete, find=find, drop=drop, seek=seek,
         tag=tag, fixed="name namePrefix", naming=Naming(longest=512), documents="policy",
         state_only="recoveryWindowInDays forceOverwriteReplicaSecret", checks=(window,),
         defaults={"recoveryWindowInDays": 30, "forceOverwriteReplicaSecret": False},
         changes={"description kmsKeyId": change, "policy": change_policy}),
)
