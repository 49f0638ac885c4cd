"""The network: who has a public address, who has a way out, what is written down about it."""

from __future__ import annotations

from ipaddress import ip_network

from infra.policy import kinds
from infra.policy.rule import Findings, Pack, Subject

NETWORK = Pack("NET")
ANYWHERE = ("0.0.0.0/0", "::/0")
WIDEST = 8          # bits: a network wider than 10.0.0.0/8 is the internet, whole or halved


@NETWORK.rule(1, "Traffic of every VPC is logged", severity="medium", controls=("EC2.6", "CIS 3.7"), of=kinds.VPC)
def flows_are_logged(vpc: Subject) -> Findings:
    if vpc.first(kinds.FLOW_LOG, vpcId=vpc.id) is None:
        yield vpc.finding("has no flow log", fix="add an ec2.FlowLog with vpc_id of this VPC")


@NETWORK.rule(2, "Flow logs record accepted and rejected connections", severity="low", controls=None,
              of=kinds.FLOW_LOG)
def both_verdicts_are_logged(log: Subject) -> Findings:
    if log["trafficType"] != "ALL":
        yield log.finding(f"records {log['trafficType']} only", fix='traffic_type="ALL"')


@NETWORK.rule(3, "The VPC's default security group lets nothing through", severity="high",
              controls=("EC2.2", "CIS 5.5"), of=kinds.VPC)
def default_group_is_empty(vpc: Subject) -> Findings:
    emptied = vpc.first(kinds.DEFAULT_SECURITY_GROUP, vpcId=vpc.id)
    if emptied is None:
        yield vpc.finding("keeps its default security group as AWS made it: its members talk freely",
                          fix="adopt it with ec2.DefaultSecurityGroup and no rules")
    elif emptied["ingress"] or emptied["egress"]:
        yield emptied.finding("has rules", fix="remove them; give what needs them a group of its own")


@NETWORK.rule(4, "No subnet hands out public addresses", severity="medium", controls=("EC2.15",), of=kinds.SUBNET)
def no_addresses_by_accident(subnet: Subject) -> Findings:
    if subnet["mapPublicIpOnLaunch"]:
        yield subnet.finding("gives a public address to whatever is launched in it",
                             fix="map_public_ip_on_launch=False; what faces the internet brings its own address")


@NETWORK.rule(5, "Every public address belongs to a NAT gateway", severity="low", controls=("EC2.12",),
              of=kinds.ADDRESS)
def addresses_are_used(address: Subject) -> Findings:
    if address.first(kinds.NAT_GATEWAY, allocationId=address.id) is None:
        yield address.finding("is held, and paid for, by nothing that may have it",
                              fix="remove it, or give it to a NAT gateway")


@NETWORK.rule(6, "Hosts leave through a NAT gateway, never through the internet gateway", severity="high",
              controls=None, of=(kinds.GROUP, kinds.INSTANCE))
def hosts_are_private(host: Subject) -> Findings:
    for subnet in host["vpcZoneIdentifiers"] or [host["subnetId"]]:
        if leads_to_internet_gateway(host, subnet):
            yield host.finding(f"stands in {subnet}, which has a route to the internet gateway",
                               fix="use the private subnets")


@NETWORK.rule(7, "Each zone's hosts leave through a NAT gateway of their own zone", severity="medium", controls=None,
              of=kinds.NAT_GATEWAY, production_only=True)
def one_way_out_a_zone(gateway: Subject) -> Findings:
    """One zone's failure must not take the others' way out with it."""
    home = zone_of(gateway, gateway["subnetId"])
    for route in gateway.others(kinds.ROUTE):
        if route["natGatewayId"] != gateway.id:
            continue
        for zone in sorted(zones_of(gateway, subnets_of(gateway, route["routeTableId"])) - {home}):
            yield route.finding(f"sends zone {zone} out through zone {home}", fix="coko:network: nat: per_az")


@NETWORK.rule(8, "S3 is reached without leaving AWS's network", severity="low", controls=None, of=kinds.VPC)
def s3_has_an_endpoint(vpc: Subject) -> Findings:
    """Releases and packages come from S3: a gateway endpoint is free, NAT charges for each gigabyte."""
    covered = {table for endpoint in vpc.others(kinds.ENDPOINT) if str(endpoint["serviceName"]).endswith(".s3")
               for table in endpoint["routeTableIds"] or []}
    for route in vpc.others(kinds.ROUTE):
        if route["natGatewayId"] and route["routeTableId"] not in covered:
            yield vpc.finding(f"has no S3 endpoint in {route['routeTableId']}",
                              fix="list that route table in the S3 gateway endpoint")


def subnets_of(subject: Subject, table: str) -> list[str]:
    return [link["subnetId"] for link in subject.others(kinds.ROUTE_TABLE_ASSOCIATION) if link["routeTableId"] == table]


def routes_of(subject: Subject, subnet: str) -> list[Subject]:
    tables = {link["routeTableId"] for link in subject.others(kinds.ROUTE_TABLE_ASSOCIATION)
              if link["subnetId"] == subnet}
    return [route for route in subject.others(kinds.ROUTE) if route["routeTableId"] in tables]


def leads_to_internet_gateway(subject: Subject, subnet: str) -> bool:
    return any(route["gatewayId"] and (route["destinationCidrBlock"] in ANYWHERE
                                       or route["destinationIpv6CidrBlock"] in ANYWHERE)
               for route in routes_of(subject, subnet))


def is_the_internet(*networks: str | None) -> bool:
    return any(network and ip_network(network, strict=False).prefixlen < WIDEST for network in networks)


def zone_of(subject: Subject, subnet: str) -> str:
    return next((str(other["availabilityZone"]) for other in subject.others(kinds.SUBNET) if other.id == subnet), "?")


def zones_of(subject: Subject, subnets: list[str] | None) -> set[str]:
    return {zone_of(subject, subnet) for subnet in subnets or []}
