"""What something else still uses cannot be deleted: DependencyViolation, as on AWS, naming the user."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.cloud.answers import Call, Reply
from rehearsal.cloud.errors import AwsError
from rehearsal.cloud.services.ec2.table import ANSWERS

GONE = ("terminated", "shutting-down")


@ANSWERS("DeleteSubnet")
def delete_subnet(call: Call) -> Reply:
    subnet = call.params["SubnetId"]
    refuse(f"The subnet '{subnet}' has dependencies and cannot be deleted", [
        *(i["InstanceId"] for i in instances(call) if subnet in _subnets(i)),
        *(n["NatGatewayId"] for n in _nats(call) if n.get("SubnetId") == subnet),
        *(lb["LoadBalancerName"] for lb in balancers(call)
          if subnet in [zone["SubnetId"] for zone in lb["AvailabilityZones"]]),
        *(e["VpcEndpointId"] for e in call.ask("ec2", "DescribeVpcEndpoints").get("VpcEndpoints", [])
          if subnet in e.get("SubnetIds", []) and e.get("State") != "deleted"),
        *(d["DBInstanceIdentifier"] for d in databases(call)
          if subnet in [s["SubnetIdentifier"] for s in d.get("DBSubnetGroup", {}).get("Subnets", [])]),
    ])
    return call.onward()


@ANSWERS("DeleteSecurityGroup")
def delete_group(call: Call) -> Reply:
    group = call.params.get("GroupId")
    if not group:
        return call.onward()
    refuse(f"resource {group} has a dependent object", [
        *(i["InstanceId"] for i in instances(call) if group in _groups(i)),
        *(lb["LoadBalancerName"] for lb in balancers(call) if group in lb.get("SecurityGroups", [])),
        *(d["DBInstanceIdentifier"] for d in databases(call)
          if group in [g["VpcSecurityGroupId"] for g in d.get("VpcSecurityGroups", [])]),
        *_rules_naming(call, group),
        *(e["VpcEndpointId"] for e in call.ask("ec2", "DescribeVpcEndpoints").get("VpcEndpoints", [])
          if group in [g["GroupId"] for g in e.get("Groups", [])] and e.get("State") != "deleted"),
    ])
    return call.onward()


@ANSWERS("DetachInternetGateway")
def detach_gateway(call: Call) -> Reply:
    vpc = call.params["VpcId"]
    refuse(f"Network {vpc} has some mapped public address(es)", [
        *(n["NatGatewayId"] for n in _nats(call) if n.get("VpcId") == vpc and n.get("ConnectivityType") != "private"),
        *(lb["LoadBalancerName"] for lb in balancers(call) if lb["VpcId"] == vpc and lb["Scheme"] == "internet-facing"),
    ])
    return call.onward()


@ANSWERS("ReleaseAddress")
def release_address(call: Call) -> Reply:
    address = call.params.get("AllocationId")
    users = [n["NatGatewayId"] for n in _nats(call)
             if address in [a.get("AllocationId") for a in n.get("NatGatewayAddresses", [])]]
    if users:
        raise AwsError("InvalidIPAddress.InUse", f"Address {address} is in use by {', '.join(users)}.")
    return call.onward()


@ANSWERS("DeleteRouteTable")
def delete_route_table(call: Call) -> Reply:
    table = call.ask("ec2", "DescribeRouteTables", RouteTableIds=[call.params["RouteTableId"]])["RouteTables"][0]
    refuse(f"The routeTable '{table['RouteTableId']}' has dependencies and cannot be deleted",
           [a["SubnetId"] for a in table.get("Associations", []) if a.get("SubnetId")])
    return call.onward()


def refuse(message: str, users: Iterable[str]) -> None:
    if found := sorted(set(users)):
        raise AwsError("DependencyViolation", f"{message}: {', '.join(found[:5])} still there")


def instances(call: Call) -> list[dict[str, Any]]:
    reservations = call.ask("ec2", "DescribeInstances")["Reservations"]
    return [i for r in reservations for i in r["Instances"] if i["State"]["Name"] not in GONE]


def balancers(call: Call) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call.ask("elbv2", "DescribeLoadBalancers")["LoadBalancers"]
    return found


def databases(call: Call) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call.ask("rds", "DescribeDBInstances")["DBInstances"]
    return found


def _nats(call: Call) -> list[dict[str, Any]]:
    found = call.ask("ec2", "DescribeNatGateways").get("NatGateways", [])
    return [n for n in found if n["State"] not in ("deleted", "deleting")]


def _rules_naming(call: Call, group: str) -> list[str]:
    """Other groups whose rules name this one."""
    groups = call.ask("ec2", "DescribeSecurityGroups")["SecurityGroups"]
    return [g["GroupId"] for g in groups if g["GroupId"] != group
            for p in [*g.get("IpPermissions", []), *g.get("IpPermissionsEgress", [])]
            if group in [pair.get("GroupId") for pair in p.get("UserIdGroupPairs", [])]]


def _subnets(instance: dict[str, Any]) -> list[str | None]:
    return [instance.get("SubnetId"), *(n.get("SubnetId") for n in instance.get("NetworkInterfaces", []))]


def _groups(instance: dict[str, Any]) -> list[str]:
    nested = [g for n in instance.get("NetworkInterfaces", []) for g in n.get("Groups", [])]
    return [g["GroupId"] for g in [*instance.get("SecurityGroups", []), *nested]]
