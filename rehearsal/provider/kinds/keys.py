"""KMS: keys, which can only ever be scheduled for deletion, and their aliases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import between
from rehearsal.provider.kind import Kind, Made, Naming, Problem
from rehearsal.provider.kinds.shapes import only, outputs, params, retagged
from rehearsal.provider.values import Props


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in sorted(tags.items())]


def make(aws: Aws, inputs: Props) -> Made:
    request = params(inputs, "policy description keyUsage multiRegion", customerMasterKeySpec="KeySpec",
                     bypassPolicyLockoutSafetyCheck="BypassPolicyLockoutSafetyCheck")
    tags = _tags(inputs["tagsAll"])
    live = aws.kms.create_key(**request, **({"Tags": tags} if tags else {}))["KeyMetadata"]
    return Made(live["KeyId"], outputs(live, "keyId arn description keyUsage", customerMasterKeySpec="KeySpec"))


def complete(aws: Aws, id_: str, inputs: Props) -> None:
    if inputs.get("enableKeyRotation"):
        aws.kms.enable_key_rotation(KeyId=id_, **params(inputs, "rotationPeriodInDays"))
    if inputs.get("isEnabled") is False:
        aws.kms.disable_key(KeyId=id_)


def live_key(aws: Aws, id_: str) -> Any:
    live = aws.kms.describe_key(KeyId=id_)["KeyMetadata"]
    return None if live["KeyState"] == "PendingDeletion" else live


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = live_key(aws, id_)
    if live is None:
        return None
    tags = aws.pages("kms", "list_resource_tags", "Tags", KeyId=id_)
    found = outputs(live, "keyId arn description keyUsage", customerMasterKeySpec="KeySpec", isEnabled="Enabled")
    rotation = aws.kms.get_key_rotation_status(KeyId=id_).get("KeyRotationEnabled", False)
    document = aws.kms.get_key_policy(KeyId=id_, PolicyName="default")["Policy"]
    return {**found, "enableKeyRotation": rotation, "tagsAll": {tag["TagKey"]: tag["TagValue"] for tag in tags},
            **({"policy": document} if properties.get("policy") else {})}


def seek(aws: Aws, inputs: Props) -> Iterable[str]:
    for listed in aws.pages("kms", "list_keys", "Keys"):
        live = live_key(aws, listed["KeyId"])
        tags = aws.pages("kms", "list_resource_tags", "Tags", KeyId=listed["KeyId"]) if live else []
        if live and live.get("Description") == inputs.get("description", "")\
                and {tag["TagKey"]: tag["TagValue"] for tag in tags} == inputs["tagsAll"]:
            yield listed["KeyId"]


def change_enabled(aws: Aws, id_: str, old: Props, new: Props) -> None:
    (aws.kms.enable_key if new.get("isEnabled", True) else aws.kms.disable_key)(KeyId=id_)


def change_rotation(aws: Aws, id_: str, old: Props, new: Props) -> None:
    if new.get("enableKeyRotation"):
        aws.kms.enable_key_rotation(KeyId=id_, **params(new, "rotationPeriodInDays"))
    else:
        aws.kms.disable_key_rotation(KeyId=id_)


def tag(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = retagged(old, new)
    if add:
        aws.kms.tag_resource(KeyId=id_, Tags=_tags(add))
    if remove:
        aws.kms.untag_resource(KeyId=id_, TagKeys=remove)


def drop(aws: Aws, id_: str, properties: Props) -> None:
    if live_key(aws, id_):
        aws.kms.schedule_key_deletion(KeyId=id_, PendingWindowInDays=properties.get("deletionWindowInDays") or 30)


# --- aliases ---------------------------------------------------------------------------------------

def make_alias(aws: Aws, inputs: Props) -> Made:
    aws.kms.create_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
    return Made(inputs["name"], alias_outputs(aws, inputs["name"], inputs["targetKeyId"]))


def alias_outputs(aws: Aws, name: str, key: str) -> Props:
    key = key if key.startswith("arn:") else aws.arn("kms", f"key/{key}")
    return {"arn": aws.arn("kms", name), "targetKeyArn": key}


def find_alias(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = only(alias for alias in aws.pages("kms", "list_aliases", "Aliases") if alias["AliasName"] == id_)
    return None if live is None else {"name": id_, "targetKeyId": live["TargetKeyId"],
                                      **alias_outputs(aws, id_, live["TargetKeyId"])}


def prefixed(inputs: Props) -> Iterable[Problem]:
    if isinstance(inputs.get("name"), str) and not inputs["name"].startswith("alias/"):
        yield Problem("name", "must start with alias/")


KINDS = (
    Kind(urn_type="aws:kms/key:Key", make=make, complete=complete, find=find, drop=drop, seek=seek, tag=tag,
         fixed="keyUsage customerMasterKeySpec multiRegion bypassPolicyLockoutSafetyCheck", documents="policy",
         state_only="deletionWindowInDays", checks=(between("deletionWindowInDays", 7, 30),),
         defaults={"isEnabled": True, "enableKeyRotation": False, "keyUsage": "ENCRYPT_DECRYPT",
                   "customerMasterKeySpec": "SYMMETRIC_DEFAULT"},
         changes={"policy": lambda aws, id_, old, new: aws.kms.put_key_policy(
                      KeyId=id_, PolicyName="default", Policy=new["policy"]),
                  "description": lambda aws, id_, old, new: aws.kms.update_key_description(
                      KeyId=id_, Description=new.get("description", "")),
                  "enableKeyRotation rotationPeriodInDays": change_rotation, "isEnabled": change_enabled}),
    Kind(urn_type="aws:kms/alias:Alias", make=make_alias, find=find_alias, fixed="name namePrefix",
         drop=lambda aws, id_, properties: aws.kms.delete_alias(AliasName=id_),
         id_of=lambda inputs: str(inputs["name"]),
         required="targetKeyId", naming=Naming(longest=256, prefix="alias/"), checks=(prefixed,),
         changes={"targetKeyId": lambda aws, id_, old, new: aws.kms.update_alias(
             AliasName=id_, TargetKeyId=new["targetKeyId"])}),
)
