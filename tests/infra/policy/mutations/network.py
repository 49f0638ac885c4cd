"""Mistakes in the network: addresses, ways out, open doors."""

from __future__ import annotations

from typing import Any

from infra.policy import kinds
from tests.infra.policy.draft import Change, add, breaks, put, remove

ALB, WEB, WAS, DATABASE = (f"{name}-SecurityGroup" for name in ("coko-alb", "coko-web", "coko-was", "coko"))
PUBLIC = ["coko-public-a-Subnet", "coko-public-b-Subnet"]


def way_in(to: str, port: int, **source: Any) -> Change:
    return add(kinds.WAY_IN, f"mistake-{to}-{port}", securityGroupId=to, ipProtocol="tcp", fromPort=port, toPort=port,
               description="A mistake", **source)


def way_out(source: str, port: int, **to: Any) -> Change:
    return add(kinds.WAY_OUT, f"mistake-{source}-{port}", securityGroupId=source, ipProtocol="tcp", fromPort=port,
               toPort=port, description="A mistake", **to)


NETWORK = (
    breaks("NET-1", remove(kinds.FLOW_LOG, "coko-flow")),
    breaks("NET-1", put(kinds.FLOW_LOG, "coko-flow", vpcId="vpc-of-somebody-else")),
    breaks("NET-2", put(kinds.FLOW_LOG, "coko-flow", trafficType="REJECT")),
    breaks("NET-3", remove(kinds.DEFAULT_SECURITY_GROUP, "coko-default")),
    breaks("NET-3", put(kinds.DEFAULT_SECURITY_GROUP, "coko-default", ingress=[{"self": True, "protocol": "-1"}])),
    breaks("NET-4", put(kinds.SUBNET, "coko-public-a", mapPublicIpOnLaunch=True)),
    breaks("NET-5", add(kinds.ADDRESS, "spare", domain="vpc", outputs={"id": "spare-Eip"})),
    breaks("NET-6", put(kinds.GROUP, "coko-web-blue", vpcZoneIdentifiers=PUBLIC)),
    breaks("NET-6", put(kinds.INSTANCE, "coko-jenkins", subnetId=PUBLIC[0])),
    # The internal balancer stands in the same subnets as the hosts: a way in for one is a way in for both.
    breaks("NET-6", add(kinds.ROUTE, "mistake", routeTableId="coko-private-a-RouteTable", gatewayId="igw",
                        destinationCidrBlock="0.0.0.0/0"), also=("ELB-12",)),
    breaks("NET-7", put(kinds.ROUTE, "coko-nat-b", natGatewayId="coko-nat-a-NatGateway")),
    breaks("NET-8", remove(kinds.ENDPOINT, "coko-s3")),
    breaks("NET-8", put(kinds.ENDPOINT, "coko-s3", routeTableIds=["coko-private-a-RouteTable"])),

    breaks("SG-1", way_in(WAS, 22, referencedSecurityGroupId=WEB), way_out(WEB, 22, referencedSecurityGroupId=WAS)),
    breaks("SG-1", way_in(WEB, 3389, cidrIpv4="203.0.113.7/32")),
    # Open to everybody, port 22 is wrong twice: for its port, and for everybody.
    breaks("SG-1", way_in(ALB, 22, cidrIpv4="0.0.0.0/0"), also=("SG-2",)),
    breaks("SG-2", way_in(WEB, 80, cidrIpv4="0.0.0.0/0")),
    breaks("SG-2", way_in(WAS, 8000, cidrIpv6="::/0")),
    breaks("SG-2", way_in(WEB, 80, cidrIpv4="128.0.0.0/1")),
    breaks("SG-2", way_in(ALB, 8080, cidrIpv4="0.0.0.0/0")),
    breaks("SG-3", put(kinds.WAY_OUT, "coko-web-out-443", toPort=65535)),
    breaks("SG-3", put(kinds.WAY_OUT, "coko-was-out-80", ipProtocol="-1", fromPort=None, toPort=None)),
    breaks("SG-4", put(kinds.WAY_IN, "coko-http", description="")),
    breaks("SG-5", remove(kinds.WAY_IN, "coko-was-traffic-in")),
    breaks("SG-5", remove(kinds.WAY_OUT, "coko-sql-out")),
    breaks("SG-6", way_in(DATABASE, 3306, cidrIpv4="10.0.0.0/16")),
    breaks("SG-7", way_out(DATABASE, 443, cidrIpv4="0.0.0.0/0")),
    breaks("SG-8", put(kinds.SECURITY_GROUP, "coko-web", ingress=[{"fromPort": 80, "toPort": 80}])),
    breaks("SG-8", add(kinds.OLD_SECURITY_GROUP_RULE, "mistake", type="ingress", fromPort=22, toPort=22)),
    breaks("SG-9", add(kinds.SECURITY_GROUP, "left-over", vpcId="coko-Vpc", outputs={"id": "left-over"})),
    breaks("SG-10", way_out(ALB, 443, cidrIpv4="0.0.0.0/0")),
)
