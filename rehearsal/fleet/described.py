"""The API's descriptions of instances, rules, interfaces and route tables, as the fleet understands them: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rehearsal.fleet.metadata import Identity
from rehearsal.fleet.sg import ANY_PORT, Rule
from rehearsal.fleet.vpc import Address

Row = Mapping[str, Any]


def identity_of(row: Row, where: Address, vpc_cidr: str, lifecycle: str, *, user_data: bytes, role: str) -> Identity:
    options = row.get("MetadataOptions", {})
    return Identity(
        id=row["InstanceId"], ip=where.ip, mac=where.mac, type=row["InstanceType"],
        zone=row["Placement"]["AvailabilityZone"], image=row["ImageId"], vpc=row["VpcId"], vpc_cidr=vpc_cidr,
        subnet=row["SubnetId"], subnet_cidr=where.subnet, lifecycle=lifecycle,
        profile=row.get("IamInstanceProfile", {}).get("Arn", ""), role=role,
        groups=tuple(group["GroupName"] for group in row.get("SecurityGroups", [])),
        tags={tag["Key"]: tag["Value"] for tag in row.get("Tags", [])}, user_data=user_data,
        tokens_required=options.get("HttpTokens") != "optional",
        shows_tags=options.get("InstanceMetadataTags") == "enabled")


def groups_of(rows: Iterable[Row], prefixes: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[Rule]]:
    found: dict[str, set[Rule]] = {}
    for row in rows:
        found.setdefault(row["GroupId"], set()).add(_rule(row, prefixes))
    return {group: frozenset(rules) for group, rules in found.items()}


def _rule(row: Row, prefixes: Mapping[str, tuple[str, ...]]) -> Rule:
    ports = (row.get("FromPort", -1), row.get("ToPort", -1))
    return Rule(
        inward=not row["IsEgress"], protocol=str(row["IpProtocol"]), ports=ANY_PORT if ports[0] < 0 else ports,
        cidr=row.get("CidrIpv4") or row.get("CidrIpv6") or "",
        group=row.get("ReferencedGroupInfo", {}).get("GroupId", ""),
        prefixes=prefixes.get(row.get("PrefixListId", ""), ()))


def members_of(interfaces: Iterable[Row], alive: Collection[str]) -> dict[str, frozenset[str]]:
    """The addresses in each group: of instances that run, and of whatever else has an interface."""
    found: dict[str, set[str]] = {}
    for row in interfaces:
        instance = row.get("Attachment", {}).get("InstanceId")
        if instance and instance not in alive:
            continue
        for group in row.get("Groups", []):
            found.setdefault(group["GroupId"], set()).add(row["PrivateIpAddress"])
    return {group: frozenset(addresses) for group, addresses in found.items()}


def outward(subnet: str, vpc: str, tables: Iterable[Row]) -> bool:
    """Whether the subnet's route table, its own or the VPC's main one, leads somewhere else."""
    main = own = None
    for table in tables:
        for association in table.get("Associations", []):
            if association.get("SubnetId") == subnet:
                own = table
            elif association.get("Main") and table["VpcId"] == vpc:
                main = table
    routes = (own or main or {}).get("Routes", [])
    return any(route.get("DestinationCidrBlock") == "0.0.0.0/0" and route.get("State") != "blackhole"
               for route in routes)
