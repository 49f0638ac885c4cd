"""SSM parameters: how infrastructure tells the pipelines what it made."""

from __future__ import annotations

from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import exactly_one, one_of
from rehearsal.provider.kind import Kind, Made, Naming
from rehearsal.provider.kinds.shapes import params, retagged, tag_list, tag_map
from rehearsal.provider.values import Props


def put(aws: Aws, inputs: Props, **more: Any) -> int:
    value = inputs["value"] if inputs.get("value") is not None else inputs["insecureValue"]
    return int(aws.ssm.put_parameter(Value=value, **params(inputs, "name type description tier keyId dataType "
                                                                    "allowedPattern"), **more)["Version"])


def make(aws: Aws, inputs: Props) -> Made:
    tags = tag_list(inputs["tagsAll"])
    if inputs.get("overwrite"):      # tags and overwriting do not go in one call
        version = put(aws, inputs, Overwrite=True)
        tag(aws, inputs["name"], {}, inputs)
    else:
        version = put(aws, inputs, **({"Tags": tags} if tags else {}))
    return Made(inputs["name"], {"arn": arn_of(aws, inputs["name"]), "version": version})


def arn_of(aws: Aws, name: str) -> str:
    return aws.arn("ssm", f"parameter/{name.lstrip('/')}")


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = aws.ssm.get_parameter(Name=id_, WithDecryption=True)["Parameter"]
    tags = aws.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=id_)["TagList"]
    spelled = "insecureValue" if properties.get("insecureValue") is not None else "value"
    return {spelled: live["Value"], "type": live["Type"], "version": live["Version"], "arn": arn_of(aws, id_),
            "tagsAll": tag_map(tags)}


def change(aws: Aws, id_: str, old: Props, new: Props) -> None:
    put(aws, new, Overwrite=True)


def tag(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = retagged(old, new)
    if add:
        aws.ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=id_, Tags=tag_list(add))
    if remove:
        aws.ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=id_, TagKeys=remove)


KINDS = (
    Kind(urn_type="aws:ssm/parameter:Parameter", make=make, find=find, tag=tag, fixed="name dataType", required="type",
         drop=lambda aws, id_, properties: aws.ssm.delete_parameter(Name=id_), naming=Naming(longest=1011),
         id_of=lambda inputs: str(inputs["name"]), state_only="overwrite", recomputed="version", volatile="version",
         changes={"value insecureValue type description tier keyId allowedPattern": change},
         checks=(one_of("type", "String", "StringList", "SecureString"), exactly_one("value", "insecureValue"))),
)
