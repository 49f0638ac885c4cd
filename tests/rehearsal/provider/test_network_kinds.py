"""VPCs and what is in them: asserted on what the API says, not on what the provider remembers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.provider.aws import Aws
from rehearsal.provider.provider import Provider
from tests.rehearsal.provider.lives import Life


@pytest.fixture
def vpc(provider: Provider) -> Iterator[Life]:
    made = Life.begin(provider, "aws:ec2/vpc:Vpc", cidrBlock="10.7.0.0/16", enableDnsHostnames=True, tags={"Name": "n"})
    yield made
    made.end()


def subnet(provider: Provider, vpc: Life, zone: str = "a", block: int = 1, **more: object) -> Life:
    return Life.begin(provider, "aws:ec2/subnet:Subnet", vpcId=vpc.id, cidrBlock=f"10.7.{block}.0/24",
                      availabilityZone=f"ap-northeast-2{zone}", **more)


def test_vpc(vpc: Life, aws: Aws) -> None:
    live = aws.ec2.describe_vpcs(VpcIds=[vpc.id])["Vpcs"][0]
    assert {t["Key"]: t["Value"] for t in live["Tags"]} == {"Name": "n", "team": "trial"}
    assert aws.ec2.describe_vpc_attribute(VpcId=vpc.id, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"]
    assert vpc.outputs["arn"] == f"arn:aws:ec2:ap-northeast-2:123456789012:vpc/{vpc.id}"
    assert vpc.outputs["mainRouteTableId"].startswith("rtb-")
    assert vpc.replaced_by(cidrBlock="10.8.0.0/16") == ("cidrBlock",)
    vpc.change(enableDnsHostnames=False, tags={"Name": "m", "extra": "1"}, assignGeneratedIpv6CidrBlock=True)
    live = aws.ec2.describe_vpcs(VpcIds=[vpc.id])["Vpcs"][0]
    assert {t["Key"]: t["Value"] for t in live["Tags"]} == {"Name": "m", "extra": "1", "team": "trial"}
    assert vpc.outputs["ipv6CidrBlock"].endswith("/56")


def test_subnet(provider: Provider, vpc: Life, aws: Aws) -> None:
    made = subnet(provider, vpc, mapPublicIpOnLaunch=True)
    assert aws.ec2.describe_subnets(SubnetIds=[made.id])["Subnets"][0]["MapPublicIpOnLaunch"]
    made.change(mapPublicIpOnLaunch=False, tags={"Name": "s"})
    assert not aws.ec2.describe_subnets(SubnetIds=[made.id])["Subnets"][0]["MapPublicIpOnLaunch"]
    assert made.replaced_by(availabilityZone="ap-northeast-2c") == ("availabilityZone",)
    made.end()


def test_the_way_out(provider: Provider, vpc: Life, aws: Aws) -> None:
    """An internet gateway, a NAT gateway with its address, and routes that really point at them."""
    gateway = Life.begin(provider, "aws:ec2/internetGateway:InternetGateway", vpcId=vpc.id)
    assert aws.ec2.describe_internet_gateways(InternetGatewayIds=[gateway.id])[
        "InternetGateways"][0]["Attachments"][0]["VpcId"] == vpc.id
    public, private = subnet(provider, vpc), subnet(provider, vpc, "c", 2)
    address = Life.begin(provider, "aws:ec2/eip:Eip", domain="vpc")
    nat = Life.begin(provider, "aws:ec2/natGateway:NatGateway", subnetId=public.id, allocationId=address.id)
    assert nat.outputs["publicIp"] == address.outputs["publicIp"]
    table = Life.begin(provider, "aws:ec2/routeTable:RouteTable", vpcId=vpc.id)
    joined = Life.begin(provider, "aws:ec2/routeTableAssociation:RouteTableAssociation", routeTableId=table.id,
                        subnetId=private.id)
    route = Life.begin(provider, "aws:ec2/route:Route", routeTableId=table.id, destinationCidrBlock="0.0.0.0/0",
                       gatewayId=gateway.id)
    route.change(gatewayId=None, natGatewayId=nat.id)
    live = aws.ec2.describe_route_tables(RouteTableIds=[table.id])["RouteTables"][0]
    assert {r["DestinationCidrBlock"]: r.get("NatGatewayId") or r["GatewayId"] for r in live["Routes"]} == {
        "10.7.0.0/16": "local", "0.0.0.0/0": nat.id}
    other = Life.begin(provider, "aws:ec2/routeTable:RouteTable", vpcId=vpc.id)
    joined.change(routeTableId=other.id)
    assert [a["SubnetId"] for a in aws.ec2.describe_route_tables(RouteTableIds=[other.id])["RouteTables"][0][
        "Associations"]] == [private.id]
    address.must_be_as_recorded()
    for life in (joined, route, nat, address, table, other, public, private, gateway):
        life.end()


def test_endpoints_and_flow_logs(provider: Provider, vpc: Life, aws: Aws) -> None:
    tables = [Life.begin(provider, "aws:ec2/routeTable:RouteTable", vpcId=vpc.id) for _ in range(2)]
    door = Life.begin(provider, "aws:ec2/vpcEndpoint:VpcEndpoint", vpcId=vpc.id, vpcEndpointType="Gateway",
                      serviceName="com.amazonaws.ap-northeast-2.s3", routeTableIds=[tables[0].id])
    door.change(routeTableIds=[table.id for table in tables])
    live = aws.ec2.describe_vpc_endpoints(VpcEndpointIds=[door.id])["VpcEndpoints"][0]
    assert set(live["RouteTableIds"]) == {table.id for table in tables}
    door.change(routeTableIds=[tables[0].id])
    logs = Life.begin(provider, "aws:cloudwatch/logGroup:LogGroup", name=f"/flow/{vpc.id}", retentionInDays=7)
    role = Life.begin(provider, "aws:iam/role:Role",
                      assumeRolePolicy='{"Version": "2012-10-17", "Statement": [{"Effect": '
                      '"Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}]}')
    flow = Life.begin(provider, "aws:ec2/flowLog:FlowLog", vpcId=vpc.id, trafficType="ALL",
                      logDestination=logs.outputs["arn"], iamRoleArn=role.outputs["arn"], maxAggregationInterval=60)
    assert aws.ec2.describe_flow_logs(FlowLogIds=[flow.id])["FlowLogs"][0]["ResourceId"] == vpc.id
    flow.change(tags={"Name": "flow"})
    for life in (flow, role, logs, door, *tables):
        life.end()


def test_security_groups_start_empty_and_name_each_other(provider: Provider, vpc: Life, aws: Aws) -> None:
    def group(name: str) -> Life:
        return Life.begin(provider, "aws:ec2/securityGroup:SecurityGroup", name, vpcId=vpc.id, revokeRulesOnDelete=True)
    web, was = group("web"), group("was")
    live = aws.ec2.describe_security_groups(GroupIds=[web.id])["SecurityGroups"][0]
    assert live["IpPermissionsEgress"] == [], "AWS lets everything out of a new group; the provider takes that back"
    assert live["Description"] == "Managed by Pulumi"
    out = Life.begin(provider, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", securityGroupId=web.id,
                     referencedSecurityGroupId=was.id, ipProtocol="tcp", fromPort=8000, toPort=8000,
                     description="pages")
    into = Life.begin(provider, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", securityGroupId=was.id,
                      referencedSecurityGroupId=web.id, ipProtocol="tcp", fromPort=8000, toPort=8000)
    rule = aws.ec2.describe_security_group_rules(SecurityGroupRuleIds=[into.id])["SecurityGroupRules"][0]
    assert rule["ReferencedGroupInfo"]["GroupId"] == web.id
    assert out.replaced_by(securityGroupId=was.id) == ("securityGroupId",)
    out.change(fromPort=8001, toPort=8001, description="other pages")
    live = aws.ec2.describe_security_group_rules(SecurityGroupRuleIds=[out.id])["SecurityGroupRules"][0]
    assert (live["FromPort"], live["ToPort"]) == (8001, 8001)
    for life in (out, into, web, was):
        life.end()


def test_a_group_starts_empty_where_ipv6_is_spoken_too(provider: Provider, vpc: Life, aws: Aws) -> None:
    vpc.change(assignGeneratedIpv6CidrBlock=True)
    made = Life.begin(provider, "aws:ec2/securityGroup:SecurityGroup", vpcId=vpc.id)
    here = [{"Name": "group-id", "Values": [made.id]}]
    assert aws.ec2.describe_security_group_rules(Filters=here)["SecurityGroupRules"] == []
    made.end()


def test_inline_rules_and_the_default_group(provider: Provider, vpc: Life, aws: Aws) -> None:
    rule = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.7.0.0/16"], "self": True}
    made = Life.begin(provider, "aws:ec2/securityGroup:SecurityGroup", vpcId=vpc.id, ingress=[rule])
    made.change(ingress=[{**rule, "fromPort": 80, "toPort": 80}])
    live = aws.ec2.describe_security_groups(GroupIds=[made.id])["SecurityGroups"][0]["IpPermissions"]
    assert {(p["FromPort"], bool(p["UserIdGroupPairs"])) for p in live} >= {(80, True)}
    assert {p["FromPort"] for p in live} == {80}
    default = Life.begin(provider, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", vpcId=vpc.id)
    assert default.id == vpc.outputs["defaultSecurityGroupId"]
    live = aws.ec2.describe_security_groups(GroupIds=[default.id])["SecurityGroups"][0]
    assert live["IpPermissions"] == live["IpPermissionsEgress"] == []
    default.end()
    made.end()
