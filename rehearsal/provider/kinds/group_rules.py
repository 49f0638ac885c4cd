"""Security group rules as resources of their own: one rule, one source, an id from EC2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import cidr, exactly_one
from rehearsal.provider.kind import Kind, Made, Problem
from rehearsal.provider.kinds import ec2
from rehearsal.provider.kinds.ec2 import tags_of
from rehearsal.provider.kinds.shapes import only, outputs, tag_list
from rehearsal.provider.values import Props

SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")


def permission(inputs: Props) -> dict[str, Any]:
    about = {"Description": inputs["description"]} if inputs.get("description") else {}
    ports = {} if inputs["ipProtocol"] == "-1" else {"FromPort": inputs["fromPort"], "ToPort": inputs["toPort"]}
    lists = {"cidrIpv4": ("IpRanges", "CidrIp"), "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
             "prefixListId": ("PrefixListIds", "PrefixListId"),
             "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId")}
    source = next(name for name in SOURCES if inputs.get(name))
    field, key = lists[source]
    return {"IpProtocol": inputs["ipProtocol"], **ports, field: [{key: inputs[source], **about}]}


def shape(aws: Aws, live: Mapping[str, Any]) -> Props:
    reference = (live.get("ReferencedGroupInfo") or {}).get("GroupId")
    ports = {} if live["IpProtocol"] == "-1" else outputs(live, "fromPort toPort")
    found = outputs(live, "ipProtocol cidrIpv4 cidrIpv6 prefixListId", securityGroupId="GroupId")
    return {**found, **ports, **tags_of(live), "securityGroupRuleId": live["SecurityGroupRuleId"],
            "description": live.get("Description", ""), "referencedSecurityGroupId": reference,
            "arn": aws.arn("ec2", f"security-group-rule/{live['SecurityGroupRuleId']}")}


def make(way: str) -> Callable[[Aws, Props], Made]:
    def make_one(aws: Aws, inputs: Props) -> Made:
        tags = [{"ResourceType": "security-group-rule", "Tags": tag_list(inputs["tagsAll"])}]
        answer = getattr(aws.ec2, f"authorize_security_group_{way}")(
            GroupId=inputs["securityGroupId"], IpPermissions=[permission(inputs)],
            TagSpecifications=tags if inputs["tagsAll"] else [])
        live = answer["SecurityGroupRules"][0]
        return Made(live["SecurityGroupRuleId"], shape(aws, live))
    return make_one


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = only(aws.ec2.describe_security_group_rules(SecurityGroupRuleIds=[id_])["SecurityGroupRules"])
    return None if live is None else shape(aws, live)


def seek(way: str) -> Callable[[Aws, Props], Iterable[str]]:
    def seek_one(aws: Aws, inputs: Props) -> Iterable[str]:
        here = [{"Name": "group-id", "Values": [inputs["securityGroupId"]]}]
        for live in aws.pages("ec2", "describe_security_group_rules", "SecurityGroupRules", Filters=here):
            found = shape(aws, live)
            if live["IsEgress"] == (way == "egress") and all(
                    found.get(n) == inputs.get(n) for n in ("ipProtocol", "fromPort", "toPort", *SOURCES)):
                yield live["SecurityGroupRuleId"]
    return seek_one


def change(aws: Aws, id_: str, old: Props, new: Props) -> None:
    rule = {"IpProtocol": new["ipProtocol"], "Description": new.get("description", "")}
    rule |= {} if new["ipProtocol"] == "-1" else {"FromPort": new["fromPort"], "ToPort": new["toPort"]}
    spelled = {"cidrIpv4": "CidrIpv4", "cidrIpv6": "CidrIpv6", "prefixListId": "PrefixListId",
               "referencedSecurityGroupId": "ReferencedGroupId"}
    rule |= {field: new[name] for name, field in spelled.items() if new.get(name)}
    aws.ec2.modify_security_group_rules(
        GroupId=new["securityGroupId"], SecurityGroupRules=[{"SecurityGroupRuleId": id_, "SecurityGroupRule": rule}])


def drop(way: str) -> Callable[[Aws, str, Props], None]:
    def drop_one(aws: Aws, id_: str, properties: Props) -> None:
        getattr(aws.ec2, f"revoke_security_group_{way}")(
            GroupId=properties["securityGroupId"], SecurityGroupRuleIds=[id_])
    return drop_one


def ports(inputs: Props) -> Iterable[Problem]:
    if inputs.get("ipProtocol") not in (None, "-1"):
        for name in ("fromPort", "toPort"):
            if inputs.get(name) is None:
                yield Problem(name, "is required unless ipProtocol is -1")


def kind(way: str) -> Kind:
    name = f"SecurityGroup{way.capitalize()}Rule"
    return Kind(
        urn_type=f"aws:vpc/s{name[1:]}:{name}", make=make(way), find=find, drop=drop(way), seek=seek(way), tag=ec2.tag,
        fixed="securityGroupId", required="securityGroupId ipProtocol",
        changes={" ".join(["ipProtocol fromPort toPort description", *SOURCES]): change},
        checks=(exactly_one(*SOURCES), cidr("cidrIpv4"), cidr("cidrIpv6"), ports))


KINDS = (kind("ingress"), kind("egress"))
