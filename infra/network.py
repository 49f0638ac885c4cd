"""The VPC: public subnets for balancers and NAT, private ones for hosts, isolated ones for the database."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch, ec2, get_availability_zones

from infra import addresses, iam, policies
from infra.connections import ANYWHERE, ANYWHERE_IPV6, admit, group
from infra.settings.network import NetworkSettings

# What hosts talk to when there is no NAT, or when its price per gigabyte matters.
INTERFACE_ENDPOINTS = ("ssm", "ssmmessages", "secretsmanager", "kms", "logs", "monitoring", "codedeploy",
                       "codedeploy-commands-secure", "sts")


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    settings: NetworkSettings
    region: str
    account: str
    log_group: str
    log_key: Input[str]


class Network(pulumi.ComponentResource):
    zones: list[str]
    vpc_id: Output[str]
    public_subnet_ids: list[Output[str]]
    private_subnet_ids: list[Output[str]]
    database_subnet_ids: list[Output[str]]

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("coko:infra:Network", name, None, opts)
        self._name, self._args = name, args
        available = get_availability_zones(state="available", opts=pulumi.InvokeOptions(parent=self))
        self.zones = [*available.names[: args.settings.zones]]
        self._child = ResourceOptions(parent=self)

        self.vpc = self._make_vpc()
        subnets = {kind: self._make_subnets(kind, cidrs)
                   for kind, cidrs in addresses.plan(args.settings.cidr, args.settings.zones).items()}
        self._route_public(subnets["public"])
        self._private_tables = self._route_private(subnets["private"], self._make_nat(subnets["public"]))
        self._isolate(subnets["database"])
        self._make_endpoints(subnets["private"])
        self._log_flows()

        self.vpc_id = self.vpc.id
        self.public_subnet_ids = [subnet.id for subnet in subnets["public"]]
        self.private_subnet_ids = [subnet.id for subnet in subnets["private"]]
        self.database_subnet_ids = [subnet.id for subnet in subnets["database"]]
        self.register_outputs({"vpc_id": self.vpc_id})

    def _make_vpc(self) -> ec2.Vpc:
        vpc = ec2.Vpc(self._name, cidr_block=self._args.settings.cidr, enable_dns_hostnames=True,
                      enable_dns_support=True, assign_generated_ipv6_cidr_block=True,
                      tags={"Name": self._name}, opts=self._child)
        # The default group lets its members talk freely: emptied, so that nothing can be left in it by mistake.
        ec2.DefaultSecurityGroup(f"{self._name}-default", vpc_id=vpc.id, opts=self._child)
        return vpc

    def _make_subnets(self, kind: str, cidrs: list[str]) -> list[ec2.Subnet]:
        """No subnet gives out public addresses: what faces the internet (ALB, NAT) brings its own."""
        return [
            ec2.Subnet(f"{self._name}-{kind}-{zone[-1]}", vpc_id=self.vpc.id, cidr_block=cidr, availability_zone=zone,
                       ipv6_cidr_block=self._ipv6(position) if kind == "public" else None,
                       map_public_ip_on_launch=False, tags={"Name": f"{self._name}-{kind}-{zone[-1]}"},
                       opts=self._child)
            for position, (zone, cidr) in enumerate(zip(self.zones, cidrs, strict=True))
        ]

    def _ipv6(self, position: int) -> Output[str]:
        """The public balancer speaks IPv6 as well; hosts do not, so only its subnets have a block."""
        return self.vpc.ipv6_cidr_block.apply(lambda block: addresses.ipv6_subnet(block, position))

    def _table(self, label: str, subnets: list[ec2.Subnet]) -> ec2.RouteTable:
        name = f"{self._name}-{label}"
        table = ec2.RouteTable(name, vpc_id=self.vpc.id, tags={"Name": name}, opts=self._child)
        for position, subnet in enumerate(subnets):
            suffix = f"-{position}" if len(subnets) > 1 else ""
            ec2.RouteTableAssociation(f"{name}{suffix}", route_table_id=table.id, subnet_id=subnet.id, opts=self._child)
        return table

    def _route_public(self, subnets: list[ec2.Subnet]) -> None:
        gateway = ec2.InternetGateway(self._name, vpc_id=self.vpc.id, tags={"Name": self._name}, opts=self._child)
        table = self._table("public", subnets)
        ec2.Route(f"{self._name}-internet", route_table_id=table.id, destination_cidr_block=ANYWHERE,
                  gateway_id=gateway.id, opts=self._child)
        ec2.Route(f"{self._name}-internet-ipv6", route_table_id=table.id,
                  destination_ipv6_cidr_block=ANYWHERE_IPV6, gateway_id=gateway.id, opts=self._child)

    def _make_nat(self, public: list[ec2.Subnet]) -> list[ec2.NatGateway]:
        count = {"per_az": len(public), "single": 1, "none": 0}[self._args.settings.nat]
        gateways = []
        for zone, subnet in zip(self.zones[:count], public, strict=False):
            name = f"{self._name}-nat-{zone[-1]}"
            address = ec2.Eip(name, domain="vpc", tags={"Name": name}, opts=self._child)
            gateways.append(ec2.NatGateway(name, allocation_id=address.id, subnet_id=subnet.id, tags={"Name": name},
                                           opts=self._child))
        return gateways

    def _route_private(self, subnets: list[ec2.Subnet], gateways: list[ec2.NatGateway]) -> list[ec2.RouteTable]:
        """A table for each zone, even with one NAT gateway: more gateways later then move one route each."""
        tables = []
        for position, (zone, subnet) in enumerate(zip(self.zones, subnets, strict=True)):
            table = self._table(f"private-{zone[-1]}", [subnet])
            if gateways:
                ec2.Route(f"{self._name}-nat-{zone[-1]}", route_table_id=table.id, destination_cidr_block=ANYWHERE,
                          nat_gateway_id=gateways[position % len(gateways)].id, opts=self._child)
            tables.append(table)
        return tables

    def _isolate(self, subnets: list[ec2.Subnet]) -> None:
        """The database's table has the VPC's own route and no other."""
        self._isolated_table = self._table("database", subnets)

    def _make_endpoints(self, private: list[ec2.Subnet]) -> None:
        ec2.VpcEndpoint(f"{self._name}-s3", vpc_id=self.vpc.id, vpc_endpoint_type="Gateway",
                        service_name=f"com.amazonaws.{self._args.region}.s3",
                        route_table_ids=[table.id for table in self._private_tables],
                        tags={"Name": f"{self._name}-s3"}, opts=self._child)
        if not self._args.settings.interface_endpoints:
            return
        access = group(f"{self._name}-endpoints", "AWS APIs, for hosts in this VPC", self.vpc.id, parent=self)
        admit(f"{self._name}-endpoints-in", access, 443, "AWS APIs from the VPC", cidr=self._args.settings.cidr,
              parent=self)
        for service in INTERFACE_ENDPOINTS:
            ec2.VpcEndpoint(f"{self._name}-{service}", vpc_id=self.vpc.id, vpc_endpoint_type="Interface",
                            service_name=f"com.amazonaws.{self._args.region}.{service}", private_dns_enabled=True,
                            subnet_ids=[subnet.id for subnet in private], security_group_ids=[access.id],
                            tags={"Name": f"{self._name}-{service}"}, opts=self._child)

    def _log_flows(self) -> None:
        logs = cloudwatch.LogGroup(f"{self._name}-flow", name=self._args.log_group, kms_key_id=self._args.log_key,
                                   retention_in_days=self._args.settings.flow_log_days, opts=self._child)
        writer = iam.role(f"{self._name}-flow", service="vpc-flow-logs.amazonaws.com", account=self._args.account,
                          parent=self, write=iam.render(policies.flow_logs, log_group=logs.arn))
        ec2.FlowLog(f"{self._name}-flow", vpc_id=self.vpc.id, traffic_type="ALL", log_destination=logs.arn,
                    iam_role_arn=writer.arn, max_aggregation_interval=60, tags={"Name": f"{self._name}-flow"},
                    opts=self._child)
