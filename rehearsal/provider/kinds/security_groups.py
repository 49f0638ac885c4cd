"""Security groups: they start empty (AWS's own "everything out" rule is revoked), as with Pulumi's AWS provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.kind import Kind, Made, Naming
from rehearsal.provider.kinds import ec2
from rehearsal.provider.kinds.ec2 import Noun, tags_of
from rehearsal.provider.kinds.shapes import only, outputs
from rehearsal.provider.values import Props

WAYS = ("ingress", "egress")


def shape(aws: Aws, live: Mapping[str, Any]) -> Props:
    return {**outputs(live, "vpcId description ownerId", name="GroupName"), **tags_of(live),
            "arn": ec2.arn(aws, live, f"security-group/{live['GroupId']}")}


def _params(inputs: Props) -> dict[str, Any]:
    return {"GroupName": inputs["name"], "Description": inputs["description"], "VpcId": inputs["vpcId"]}


class Groups(Noun):
    """`SecurityGroup`, whose id field is `GroupId`."""

    @property
    def id_field(self) -> str:
        return "GroupId"


GROUP = Groups(name="SecurityGroup", shape=shape, whole=False, params=_params, same="name vpcId")


def permissions(rules: list[Props]) -> list[dict[str, Any]]:
    """Inline rules, each as one permission of the API."""
    return [_permission(rule) for rule in rules]


def _permission(rule: Props) -> dict[str, Any]:
    about = {"Description": rule["description"]} if rule.get("description") else {}
    open_ports = {} if str(rule["protocol"]) == "-1" else {"FromPort": rule["fromPort"], "ToPort": rule["toPort"]}
    groups = [*rule.get("securityGroups", []), *(["self"] if rule.get("self") else [])]
    return {"IpProtocol": str(rule["protocol"]), **open_ports,
            "IpRanges": [{"CidrIp": block, **about} for block in rule.get("cidrBlocks", [])],
            "Ipv6Ranges": [{"CidrIpv6": block, **about} for block in rule.get("ipv6CidrBlocks", [])],
            "PrefixListIds": [{"PrefixListId": id_, **about} for id_ in rule.get("prefixListIds", [])],
            "UserIdGroupPairs": [{"GroupId": id_, **about} for id_ in groups]}


def inline(aws: Aws, live: Mapping[str, Any], way: str) -> list[Props]:
    """The rules as the program would write them inline, one for each of the API's permissions."""
    rules = []
    for permission in live["IpPermissions" if way == "ingress" else "IpPermissionsEgress"]:
        pairs = [pair["GroupId"] for pair in permission.get("UserIdGroupPairs", [])]
        sources = [*permission.get("IpRanges", []), *permission.get("Ipv6Ranges", []),
                   *permission.get("UserIdGroupPairs", [])]
        rules.append({
            "protocol": permission["IpProtocol"], "fromPort": permission.get("FromPort", 0),
            "toPort": permission.get("ToPort", 0),
            "cidrBlocks": [r["CidrIp"] for r in permission.get("IpRanges", [])],
            "ipv6CidrBlocks": [r["CidrIpv6"] for r in permission.get("Ipv6Ranges", [])],
            "prefixListIds": [r["PrefixListId"] for r in permission.get("PrefixListIds", [])],
            "securityGroups": [g for g in pairs if g != live["GroupId"]], "self": live["GroupId"] in pairs,
            "description": next((s["Description"] for s in sources if s.get("Description")), ""),
        })
    return rules


def authorize(aws: Aws, id_: str, way: str, rules: list[Props]) -> None:
    wanted = permissions(rules)
    for permission in wanted:
        for pair in permission["UserIdGroupPairs"]:
            pair["GroupId"] = id_ if pair["GroupId"] == "self" else pair["GroupId"]
    if wanted:
        getattr(aws.ec2, f"authorize_security_group_{way}")(GroupId=id_, IpPermissions=wanted)


def revoke_all(aws: Aws, id_: str, *ways: str) -> None:
    live = GROUP.live(aws, id_)
    for way in ways:
        rules = live["IpPermissions" if way == "ingress" else "IpPermissionsEgress"]
        if rules:
            getattr(aws.ec2, f"revoke_security_group_{way}")(GroupId=id_, IpPermissions=rules)


def make(aws: Aws, inputs: Props) -> Made:
    """EC2 answers with no more than an id; the rest is as asked, unless rules were written inline."""
    made = GROUP.make(aws, inputs)
    known = {"arn": ec2.arn(aws, {"OwnerId": aws.account}, f"security-group/{made.id}"), "ownerId": aws.account}
    return made if any(inputs.get(way) for way in WAYS) else Made(made.id, known)


def complete(aws: Aws, id_: str, inputs: Props) -> None:
    """EC2 gives every new group a rule that lets everything out, and a second one where the VPC speaks IPv6."""
    birthright = [p for p in GROUP.live(aws, id_)["IpPermissionsEgress"] if p["IpProtocol"] == "-1"
                  and {"0.0.0.0/0", "::/0"} & {*(r["CidrIp"] for r in p.get("IpRanges", [])),
                                               *(r["CidrIpv6"] for r in p.get("Ipv6Ranges", []))}]
    if birthright:
        aws.ec2.revoke_security_group_egress(GroupId=id_, IpPermissions=birthright)
    if any(inputs.get(way) for way in WAYS):      # the group's own rules are all written here
        revoke_all(aws, id_, *WAYS)
    for way in WAYS:
        authorize(aws, id_, way, inputs.get(way) or [])


def change(aws: Aws, id_: str, old: Props, new: Props) -> None:
    for way in WAYS:
        if old.get(way) != new.get(way):
            revoke_all(aws, id_, way)
            authorize(aws, id_, way, new.get(way) or [])


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = GROUP.live(aws, id_)
    if live is None:
        return None
    # Only rules that the program writes inline are the group's own; others are resources of their own.
    return {**shape(aws, live), **{way: inline(aws, live, way) for way in WAYS if properties.get(way)}}


def drop(aws: Aws, id_: str, properties: Props) -> None:
    if properties.get("revokeRulesOnDelete"):
        revoke_all(aws, id_, *WAYS)
    aws.ec2.delete_security_group(GroupId=id_)


# --- the group that every VPC is born with: adopted and emptied, never made or deleted -------------

def adopt_default(aws: Aws, inputs: Props) -> Made:
    filters = [{"Name": "group-name", "Values": ["default"]}]
    if inputs.get("vpcId"):
        filters.append({"Name": "vpc-id", "Values": [inputs["vpcId"]]})
    found = only(aws.ec2.describe_security_groups(Filters=filters)["SecurityGroups"])
    if found is None:
        raise RuntimeError(f"DescribeSecurityGroups knows no default group of {inputs.get('vpcId')}")
    return Made(found["GroupId"])


def complete_default(aws: Aws, id_: str, inputs: Props) -> None:
    revoke_all(aws, id_, *WAYS)
    for way in WAYS:
        authorize(aws, id_, way, inputs.get(way) or [])
    ec2.tag(aws, id_, {}, inputs)


def find_default(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = GROUP.live(aws, id_)
    return None if live is None else {**shape(aws, live), **{way: inline(aws, live, way) for way in WAYS}}


KINDS = (
    Kind(**{**GROUP.rules(), "make": make, "find": find, "drop": drop}, urn_type="aws:ec2/securityGroup:SecurityGroup",
         complete=complete, fixed="name namePrefix description vpcId", state_only="revokeRulesOnDelete",
         changes={"ingress egress": change}, defaults={"description": "Managed by Pulumi"}, naming=Naming(),
         sets="ingress egress cidrBlocks ipv6CidrBlocks securityGroups prefixListIds", required="vpcId"),
    Kind(urn_type="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", make=adopt_default, complete=complete_default,
         find=find_default, drop=lambda aws, id_, properties: None, tag=ec2.tag, fixed="vpcId",
         state_only="revokeRulesOnDelete", changes={"ingress egress": change},
         sets="ingress egress cidrBlocks ipv6CidrBlocks securityGroups prefixListIds",
         seek=lambda aws, inputs: [adopt_default(aws, inputs).id]),
)
