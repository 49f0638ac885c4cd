"""Route tables, their routes, and which subnet uses which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import cidr, exactly_one
from rehearsal.provider.kind import Kind, Made
from rehearsal.provider.kinds import ec2
from rehearsal.provider.kinds.ec2 import Noun, tags_of
from rehearsal.provider.kinds.shapes import hashed, outputs, params
from rehearsal.provider.values import Props

DESTINATIONS = {"destinationCidrBlock": "DestinationCidrBlock", "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
                "destinationPrefixListId": "DestinationPrefixListId"}
TARGETS = {"gatewayId": "GatewayId", "natGatewayId": "NatGatewayId", "networkInterfaceId": "NetworkInterfaceId",
           "transitGatewayId": "TransitGatewayId", "vpcPeeringConnectionId": "VpcPeeringConnectionId",
           "egressOnlyGatewayId": "EgressOnlyInternetGatewayId", "vpcEndpointId": "VpcEndpointId"}


def shape_table(aws: Aws, live: Mapping[str, Any]) -> Props:
    return {**outputs(live, "vpcId ownerId"), **tags_of(live),
            "arn": ec2.arn(aws, live, f"route-table/{live['RouteTableId']}")}


TABLE = Noun(name="RouteTable", shape=shape_table, same="vpcId", params=lambda i: params(i, "vpcId"))


# --- routes ----------------------------------------------------------------------------------------

def destination(properties: Mapping[str, Any]) -> str:
    return str(next(properties[name] for name in DESTINATIONS if properties.get(name)))


def id_of_route(inputs: Props) -> str:
    return f"r-{inputs['routeTableId']}{hashed(destination(inputs))}"


def make_route(aws: Aws, inputs: Props) -> Made:
    aws.ec2.create_route(**params(inputs, "routeTableId", **DESTINATIONS, **TARGETS))
    return Made(id_of_route(inputs), {"origin": "CreateRoute", "state": "active"})


def find_route(aws: Aws, id_: str, properties: Props) -> Props | None:
    table = TABLE.live(aws, properties["routeTableId"])
    for route in table["Routes"] if table else []:
        if destination(properties) in [route.get(name) for name in DESTINATIONS.values()]:
            return {**outputs(route, "origin state", **TARGETS), "routeTableId": properties["routeTableId"]}
    return None


def change_route(aws: Aws, id_: str, old: Props, new: Props) -> None:
    aws.ec2.replace_route(**params(new, "routeTableId", **DESTINATIONS, **TARGETS))


def drop_route(aws: Aws, id_: str, properties: Props) -> None:
    aws.ec2.delete_route(**params(properties, "routeTableId", **DESTINATIONS))


# --- associations: found by their subnet, because a changed one gets another id --------------------

def association(aws: Aws, properties: Props) -> Any:
    by = {"Name": "association.subnet-id", "Values": [properties["subnetId"]]}
    for table in aws.ec2.describe_route_tables(Filters=[by])["RouteTables"]:
        for found in table["Associations"]:
            if found.get("SubnetId") == properties["subnetId"]:
                return found
    return None


def make_association(aws: Aws, inputs: Props) -> Made:
    return Made(aws.ec2.associate_route_table(**params(inputs, "routeTableId subnetId"))["AssociationId"], {})


def find_association(aws: Aws, id_: str, properties: Props) -> Props | None:
    found = association(aws, properties)
    return None if found is None else outputs(found, "routeTableId subnetId")


def seek_association(aws: Aws, inputs: Props) -> Iterable[str]:
    found = association(aws, inputs)
    if found and found["RouteTableId"] == inputs["routeTableId"]:
        yield found["RouteTableAssociationId"]


def change_association(aws: Aws, id_: str, old: Props, new: Props) -> None:
    now = association(aws, old)
    aws.ec2.replace_route_table_association(AssociationId=now["RouteTableAssociationId"],
                                            RouteTableId=new["routeTableId"])


def drop_association(aws: Aws, id_: str, properties: Props) -> None:
    now = association(aws, properties)
    if now and now["RouteTableId"] == properties["routeTableId"]:
        aws.ec2.disassociate_route_table(AssociationId=now["RouteTableAssociationId"])


KINDS = (
    Kind(**TABLE.rules(), urn_type="aws:ec2/routeTable:RouteTable", fixed="vpcId", required="vpcId"),
    Kind(urn_type="aws:ec2/route:Route", make=make_route, find=find_route, drop=drop_route, id_of=id_of_route,
         required="routeTableId", fixed=" ".join(["routeTableId", *DESTINATIONS]),
         changes={" ".join(TARGETS): change_route}, checks=(
             exactly_one(*DESTINATIONS), exactly_one(*TARGETS), cidr("destinationCidrBlock"))),
    Kind(urn_type="aws:ec2/routeTableAssociation:RouteTableAssociation", make=make_association,
         find=find_association, drop=drop_association, seek=seek_association, required="routeTableId subnetId",
         fixed="subnetId", changes={"routeTableId": change_association}),
)
