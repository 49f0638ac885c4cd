"""Elastic IP addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.kind import Kind, Made
from rehearsal.provider.kinds import ec2
from rehearsal.provider.kinds.shapes import only, outputs, params, tag_list
from rehearsal.provider.values import Props


def shape(aws: Aws, live: Mapping[str, Any]) -> Props:
    address = live["PublicIp"]
    return {**outputs(live, "publicIp domain", instance="InstanceId", associationId="AssociationId",
                      networkInterface="NetworkInterfaceId", privateIp="PrivateIpAddress"), **ec2.tags_of(live),
            "allocationId": live["AllocationId"], "arn": aws.arn("ec2", f"elastic-ip/{live['AllocationId']}"),
            "publicDns": f"ec2-{address.replace('.', '-')}.{aws.region}.compute.amazonaws.com"}


def make(aws: Aws, inputs: Props) -> Made:
    tags = [{"ResourceType": "elastic-ip", "Tags": tag_list(inputs["tagsAll"])}] if inputs.get("tagsAll") else []
    return Made(aws.ec2.allocate_address(**params(inputs, "domain address publicIpv4Pool"),
                                         TagSpecifications=tags)["AllocationId"])


def associate(aws: Aws, id_: str, inputs: Props) -> None:
    target = params(inputs, "", instance="InstanceId", networkInterface="NetworkInterfaceId")
    if target:
        aws.ec2.associate_address(AllocationId=id_, AllowReassociation=True, **target)


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = only(aws.ec2.describe_addresses(AllocationIds=[id_])["Addresses"])
    return None if live is None else shape(aws, live)


def seek(aws: Aws, inputs: Props) -> Iterable[str]:
    """Addresses with our tags that nothing uses yet."""
    for live in aws.ec2.describe_addresses()["Addresses"]:
        if shape(aws, live)["tagsAll"] == (inputs.get("tagsAll") or {}) and not live.get("AssociationId"):
            yield live["AllocationId"]


def reassociate(aws: Aws, id_: str, old: Props, new: Props) -> None:
    live = only(aws.ec2.describe_addresses(AllocationIds=[id_])["Addresses"]) or {}
    if live.get("AssociationId"):
        aws.ec2.disassociate_address(AssociationId=live["AssociationId"])
    associate(aws, id_, new)


def drop(aws: Aws, id_: str, properties: Props) -> None:
    if properties.get("instance") or properties.get("networkInterface"):
        reassociate(aws, id_, properties, {})
    aws.ec2.release_address(AllocationId=id_)


KINDS = (
    Kind(urn_type="aws:ec2/eip:Eip", make=make, complete=associate, find=find, drop=drop, seek=seek, tag=ec2.tag,
         fixed="domain address publicIpv4Pool", changes={"instance networkInterface": reassociate},
         defaults={"domain": "vpc"}, volatile="associationId privateIp networkInterface instance"),
)
