"""VPC, subnets, gateways and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import cidr, one_of
from rehearsal.provider.failures import code_of
from rehearsal.provider.kind import Change, Kind, Made
from rehearsal.provider.kinds import ec2
from rehearsal.provider.kinds.ec2 import Noun, tags_of
from rehearsal.provider.kinds.shapes import camel, only, outputs, params, pascal
from rehearsal.provider.values import Props

VPC_ATTRIBUTES = ("enableDnsSupport", "enableDnsHostnames")      # in this order: names need support
SUBNET_ATTRIBUTES = ("mapPublicIpOnLaunch", "assignIpv6AddressOnCreation", "enableDns64")


# --- VPC -------------------------------------------------------------------------------------------

def shape_vpc(aws: Aws, live: Mapping[str, Any]) -> Props:
    block = only(live.get("Ipv6CidrBlockAssociationSet", []))
    ipv6 = {"ipv6CidrBlock": block["Ipv6CidrBlock"], "ipv6AssociationId": block["AssociationId"]} if block else {}
    return {**outputs(live, "cidrBlock instanceTenancy dhcpOptionsId ownerId"), **ipv6, **tags_of(live),
            "assignGeneratedIpv6CidrBlock": bool(block), "arn": ec2.arn(aws, live, f"vpc/{live['VpcId']}")}


VPC = Noun(name="Vpc", shape=shape_vpc, whole=False, same="cidrBlock", params=lambda i: params(
    i, "cidrBlock instanceTenancy", assignGeneratedIpv6CidrBlock="AmazonProvidedIpv6CidrBlock"))


def complete_vpc(aws: Aws, id_: str, inputs: Props) -> None:
    for name in VPC_ATTRIBUTES:
        if inputs.get(name) != (name == "enableDnsSupport"):     # what every new VPC starts with
            aws.ec2.modify_vpc_attribute(VpcId=id_, **{pascal(name): {"Value": inputs[name]}})


def find_vpc(aws: Aws, id_: str, properties: Props) -> Props | None:
    found = VPC.find(aws, id_, properties)
    if found is None:
        return None
    for name in VPC_ATTRIBUTES:
        found[name] = aws.ec2.describe_vpc_attribute(VpcId=id_, Attribute=name)[pascal(name)]["Value"]
    here = {"Name": "vpc-id", "Values": [id_]}
    table = only(aws.ec2.describe_route_tables(
        Filters=[here, {"Name": "association.main", "Values": ["true"]}])["RouteTables"])
    acl = only(aws.ec2.describe_network_acls(Filters=[here, {"Name": "default", "Values": ["true"]}])["NetworkAcls"])
    group = only(aws.ec2.describe_security_groups(
        Filters=[here, {"Name": "group-name", "Values": ["default"]}])["SecurityGroups"])
    return {**found, "mainRouteTableId": table and table["RouteTableId"],
            "defaultRouteTableId": table and table["RouteTableId"],
            "defaultNetworkAclId": acl and acl["NetworkAclId"], "defaultSecurityGroupId": group and group["GroupId"]}


def change_vpc(aws: Aws, id_: str, old: Props, new: Props) -> None:
    for name in VPC_ATTRIBUTES:
        if old.get(name) != new.get(name):
            aws.ec2.modify_vpc_attribute(VpcId=id_, **{pascal(name): {"Value": new[name]}})


def change_ipv6(aws: Aws, id_: str, old: Props, new: Props) -> None:
    if new.get("assignGeneratedIpv6CidrBlock"):
        aws.ec2.associate_vpc_cidr_block(VpcId=id_, AmazonProvidedIpv6CidrBlock=True)
    else:
        aws.ec2.disassociate_vpc_cidr_block(AssociationId=old["ipv6AssociationId"])


# --- subnet ----------------------------------------------------------------------------------------

def shape_subnet(aws: Aws, live: Mapping[str, Any]) -> Props:
    block = only(live.get("Ipv6CidrBlockAssociationSet", []))
    ipv6 = {"ipv6CidrBlock": block["Ipv6CidrBlock"], "ipv6CidrBlockAssociationId": block["AssociationId"]}\
        if block else {}
    return {**outputs(live, "vpcId cidrBlock availabilityZone availabilityZoneId mapPublicIpOnLaunch "
                            "assignIpv6AddressOnCreation ownerId", arn="SubnetArn"), **ipv6, **tags_of(live)}


SUBNET = Noun(name="Subnet", shape=shape_subnet, same="vpcId cidrBlock availabilityZone",
              after=" ".join(SUBNET_ATTRIBUTES), params=lambda i: params(
                  i, "vpcId cidrBlock ipv6CidrBlock availabilityZone availabilityZoneId"))


def complete_subnet(aws: Aws, id_: str, inputs: Props) -> None:
    for name in SUBNET_ATTRIBUTES:
        if inputs.get(name):
            aws.ec2.modify_subnet_attribute(SubnetId=id_, **{pascal(name): {"Value": True}})


def change_subnet(name: str) -> Change:
    def change(aws: Aws, id_: str, old: Props, new: Props) -> None:
        aws.ec2.modify_subnet_attribute(SubnetId=id_, **{pascal(name): {"Value": bool(new.get(name))}})
    return change


# --- internet gateway ------------------------------------------------------------------------------

def shape_gateway(aws: Aws, live: Mapping[str, Any]) -> Props:
    attached = only(live.get("Attachments", []))
    return {**outputs(live, "ownerId"), **tags_of(live), "vpcId": attached["VpcId"] if attached else "",
            "arn": ec2.arn(aws, live, f"internet-gateway/{live['InternetGatewayId']}")}


GATEWAY = Noun(name="InternetGateway", shape=shape_gateway, params=lambda i: {})


def make_gateway(aws: Aws, inputs: Props) -> Made:
    made = GATEWAY.make(aws, inputs)
    return Made(made.id, {**(made.outputs or {}), "vpcId": inputs.get("vpcId", "")})


def attach(aws: Aws, id_: str, inputs: Props) -> None:
    try:
        if inputs.get("vpcId"):
            aws.ec2.attach_internet_gateway(InternetGatewayId=id_, VpcId=inputs["vpcId"])
    except aws.ec2.exceptions.ClientError as error:
        if code_of(error) != "Resource.AlreadyAssociated":      # so an interrupted run had come this far
            raise


def detach(aws: Aws, id_: str) -> None:
    vpc = (GATEWAY.find(aws, id_, {}) or {}).get("vpcId")
    if vpc:
        aws.ec2.detach_internet_gateway(InternetGatewayId=id_, VpcId=vpc)


def reattach(aws: Aws, id_: str, old: Props, new: Props) -> None:
    detach(aws, id_)
    attach(aws, id_, new)


def drop_gateway(aws: Aws, id_: str, properties: Props) -> None:
    detach(aws, id_)
    GATEWAY.drop(aws, id_, properties)


# --- NAT gateway -----------------------------------------------------------------------------------

def shape_nat(aws: Aws, live: Mapping[str, Any]) -> Props:
    address = only(live.get("NatGatewayAddresses", [])) or {}
    return {**outputs(live, "subnetId connectivityType"), **tags_of(live), **outputs(
        address, "allocationId publicIp networkInterfaceId associationId", privateIp="PrivateIp")}


NAT = Noun(name="NatGateway", shape=shape_nat, whole=False, same="subnetId allocationId",
           params=lambda i: params(i, "subnetId allocationId connectivityType", privateIp="PrivateIpAddress"))


def await_nat(aws: Aws, id_: str, inputs: Props) -> None:
    aws.wait(f"the NAT gateway {id_}", lambda: (NAT.live(aws, id_) or {}).get("State") == "available" or None)


def drop_nat(aws: Aws, id_: str, properties: Props) -> None:
    NAT.drop(aws, id_, properties)
    aws.wait(f"deleting the NAT gateway {id_}", lambda: NAT.live(aws, id_) is None or None)


KINDS = (
    Kind(**{**VPC.rules(), "find": find_vpc}, urn_type="aws:ec2/vpc:Vpc", complete=complete_vpc,
         fixed="cidrBlock instanceTenancy", required="cidrBlock", checks=(cidr("cidrBlock"),),
         defaults={"enableDnsSupport": True, "enableDnsHostnames": False, "instanceTenancy": "default"},
         changes={"enableDnsSupport enableDnsHostnames": change_vpc, "assignGeneratedIpv6CidrBlock": change_ipv6},
         recomputed=""),
    Kind(**SUBNET.rules(), urn_type="aws:ec2/subnet:Subnet", complete=complete_subnet, required="vpcId",
         fixed="vpcId cidrBlock ipv6CidrBlock availabilityZone availabilityZoneId", checks=(cidr("cidrBlock"),),
         defaults={camel(name): False for name in SUBNET_ATTRIBUTES},
         changes={name: change_subnet(name) for name in SUBNET_ATTRIBUTES}),
    Kind(**{**GATEWAY.rules(), "make": make_gateway, "drop": drop_gateway}, complete=attach,
         urn_type="aws:ec2/internetGateway:InternetGateway", changes={"vpcId": reattach}),
    Kind(**{**NAT.rules(), "drop": drop_nat}, urn_type="aws:ec2/natGateway:NatGateway",
         complete=await_nat, fixed="subnetId allocationId connectivityType privateIp", required="subnetId",
         defaults={"connectivityType": "public"}, checks=(one_of("connectivityType", "public", "private"),)),
)
