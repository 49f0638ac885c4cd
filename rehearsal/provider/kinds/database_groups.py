"""RDS subnet groups and parameter groups."""

from __future__ import annotations

from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import at_least
from rehearsal.provider.kind import Kind, Made, Naming
from rehearsal.provider.kinds.shapes import only, outputs, retagged, tag_list, tag_map
from rehearsal.provider.values import Props

AT_ONCE = 20        # parameters that one call may carry


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    return tag_map(aws.rds.list_tags_for_resource(ResourceName=arn)["TagList"])


def tag(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = retagged(old, new)
    if add:
        aws.rds.add_tags_to_resource(ResourceName=new["arn"], Tags=tag_list(add))
    if remove:
        aws.rds.remove_tags_from_resource(ResourceName=new["arn"], TagKeys=remove)


# --- subnet groups ---------------------------------------------------------------------------------

def make_subnets(aws: Aws, inputs: Props) -> Made:
    aws.rds.create_db_subnet_group(
        DBSubnetGroupName=inputs["name"], DBSubnetGroupDescription=inputs["description"],
        SubnetIds=inputs["subnetIds"], Tags=tag_list(inputs["tagsAll"]))
    return Made(inputs["name"])


def find_subnets(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = only(aws.rds.describe_db_subnet_groups(DBSubnetGroupName=id_)["DBSubnetGroups"])
    return {"name": live["DBSubnetGroupName"], "description": live["DBSubnetGroupDescription"],
            "vpcId": live["VpcId"], "arn": live["DBSubnetGroupArn"], "tagsAll": tags_of(aws, live["DBSubnetGroupArn"]),
            "subnetIds": [subnet["SubnetIdentifier"] for subnet in live["Subnets"]]}


def change_subnets(aws: Aws, id_: str, old: Props, new: Props) -> None:
    aws.rds.modify_db_subnet_group(DBSubnetGroupName=id_, DBSubnetGroupDescription=new["description"],
                                   SubnetIds=new["subnetIds"])


# --- parameter groups ------------------------------------------------------------------------------

def make_parameters(aws: Aws, inputs: Props) -> Made:
    aws.rds.create_db_parameter_group(
        DBParameterGroupName=inputs["name"], DBParameterGroupFamily=inputs["family"],
        Description=inputs["description"], Tags=tag_list(inputs["tagsAll"]))
    return Made(inputs["name"])


def set_parameters(aws: Aws, id_: str, inputs: Props) -> None:
    wanted: list[dict[str, Any]] = [
        {"ParameterName": p["name"], "ParameterValue": str(p["value"]),
         "ApplyMethod": p.get("applyMethod", "immediate")}
        for p in inputs.get("parameters") or []]
    for start in range(0, len(wanted), AT_ONCE):
        aws.rds.modify_db_parameter_group(DBParameterGroupName=id_, Parameters=wanted[start:start + AT_ONCE])


def find_parameters(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = only(aws.rds.describe_db_parameter_groups(DBParameterGroupName=id_)["DBParameterGroups"])
    given = aws.pages("rds", "describe_db_parameters", "Parameters", DBParameterGroupName=id_)
    now = {p["ParameterName"]: p for p in given}
    asked = properties.get("parameters") or []
    return {**outputs(live, "description", name="DBParameterGroupName", family="DBParameterGroupFamily",
                      arn="DBParameterGroupArn"), "tagsAll": tags_of(aws, live["DBParameterGroupArn"]),
            "parameters": [{**p, "value": now[p["name"]].get("ParameterValue")} for p in asked if p["name"] in now]}


def change_parameters(aws: Aws, id_: str, old: Props, new: Props) -> None:
    kept = {parameter["name"] for parameter in new.get("parameters") or []}
    gone = [{"ParameterName": p["name"], "ApplyMethod": p.get("applyMethod", "immediate")}
            for p in old.get("parameters") or [] if p["name"] not in kept]
    if gone:
        aws.rds.reset_db_parameter_group(DBParameterGroupName=id_, Parameters=gone)
    set_parameters(aws, id_, new)


GROUPS = (
    Kind(urn_type="aws:rds/subnetGroup:SubnetGroup", make=make_subnets, find=find_subnets, tag=tag,
         drop=lambda aws, id_, properties: aws.rds.delete_db_subnet_group(DBSubnetGroupName=id_),
         id_of=lambda inputs: str(inputs["name"]), fixed="name namePrefix", required="subnetIds",
         naming=Naming(lower=True), changes={"subnetIds description": change_subnets}, sets="subnetIds",
         defaults={"description": "Managed by Pulumi"},
         checks=(at_least("subnetIds", 2, "RDS wants subnets in two zones"),)),
    Kind(urn_type="aws:rds/parameterGroup:ParameterGroup", make=make_parameters, complete=set_parameters,
         find=find_parameters, tag=tag, id_of=lambda inputs: str(inputs["name"]),
         drop=lambda aws, id_, properties: aws.rds.delete_db_parameter_group(DBParameterGroupName=id_),
         fixed="name namePrefix family description", required="family", naming=Naming(lower=True), sets="parameters",
         state_only="skipDestroy", changes={"parameters": change_parameters},
         defaults={"description": "Managed by Pulumi"}),
)
