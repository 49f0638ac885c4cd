"""IAM: roles, what they may do, and the profiles that hand them to instances."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import between
from rehearsal.provider.kind import Change, Kind, Made, Naming, Problem
from rehearsal.provider.kinds.shapes import only, outputs, params, retagged, tag_list, tag_map
from rehearsal.provider.values import Props


def shape(live: Mapping[str, Any]) -> Props:
    document = live["AssumeRolePolicyDocument"]
    return {**outputs(live, "arn path maxSessionDuration description", name="RoleName", uniqueId="RoleId"),
            "createDate": live["CreateDate"].isoformat(), "tagsAll": tag_map(live.get("Tags")),
            "assumeRolePolicy": document if isinstance(document, str) else json.dumps(document),
            **({"permissionsBoundary": live["PermissionsBoundary"]["PermissionsBoundaryArn"]}
               if live.get("PermissionsBoundary") else {})}


def make(aws: Aws, inputs: Props) -> Made:
    live = aws.iam.create_role(**params(
        inputs, "path description maxSessionDuration permissionsBoundary", name="RoleName",
        assumeRolePolicy="AssumeRolePolicyDocument"), Tags=tag_list(inputs["tagsAll"]))["Role"]
    return Made(live["RoleName"], {**shape(live), "tagsAll": inputs["tagsAll"]})


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    return shape(aws.iam.get_role(RoleName=id_)["Role"])


def tag(noun: str, parameter: str) -> Change:
    """IAM has a pair of tagging calls for each noun."""
    def change(aws: Aws, id_: str, old: Props, new: Props) -> None:
        add, remove = retagged(old, new)
        if add:
            getattr(aws.iam, f"tag_{noun}")(**{parameter: id_}, Tags=tag_list(add))
        if remove:
            getattr(aws.iam, f"untag_{noun}")(**{parameter: id_}, TagKeys=remove)
    return change


def change_boundary(aws: Aws, id_: str, old: Props, new: Props) -> None:
    if new.get("permissionsBoundary"):
        aws.iam.put_role_permissions_boundary(RoleName=id_, PermissionsBoundary=new["permissionsBoundary"])
    else:
        aws.iam.delete_role_permissions_boundary(RoleName=id_)


def drop(aws: Aws, id_: str, properties: Props) -> None:
    if properties.get("forceDetachPolicies"):
        for policy in aws.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=id_):
            aws.iam.detach_role_policy(RoleName=id_, PolicyArn=policy["PolicyArn"])
        for name in aws.pages("iam", "list_role_policies", "PolicyNames", RoleName=id_):
            aws.iam.delete_role_policy(RoleName=id_, PolicyName=name)
    aws.iam.delete_role(RoleName=id_)


def trusted(inputs: Props) -> Iterable[Problem]:
    """IAM refuses a trust policy that trusts nobody; moto does not look."""
    try:
        statements = json.loads(inputs["assumeRolePolicy"])["Statement"]
    except (KeyError, TypeError, ValueError):
        return
    for statement in statements if isinstance(statements, list) else [statements]:
        if "Principal" not in statement:
            yield Problem("assumeRolePolicy", "a trust policy's statement needs a Principal")


# --- inline policies -------------------------------------------------------------------------------

def policy_id(inputs: Props) -> str:
    return f"{inputs['role']}:{inputs['name']}"


def put_policy(aws: Aws, inputs: Props) -> Made:
    aws.iam.put_role_policy(RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"])
    return Made(policy_id(inputs), {})


def find_policy(aws: Aws, id_: str, properties: Props) -> Props | None:
    document = aws.iam.get_role_policy(RoleName=properties["role"], PolicyName=properties["name"])["PolicyDocument"]
    return {"policy": document if isinstance(document, str) else json.dumps(document)}


def drop_policy(aws: Aws, id_: str, properties: Props) -> None:
    aws.iam.delete_role_policy(RoleName=properties["role"], PolicyName=properties["name"])


# --- attached policies -----------------------------------------------------------------------------

def attachment_id(inputs: Props) -> str:
    return f"{inputs['role']}/{inputs['policyArn']}"


def attach(aws: Aws, inputs: Props) -> Made:
    aws.iam.attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
    return Made(attachment_id(inputs), {})


def find_attachment(aws: Aws, id_: str, properties: Props) -> Props | None:
    attached = aws.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=properties["role"])
    same = only(p for p in attached if p["PolicyArn"] == properties["policyArn"])
    return None if same is None else {"policyArn": same["PolicyArn"]}


def detach(aws: Aws, id_: str, properties: Props) -> None:
    aws.iam.detach_role_policy(RoleName=properties["role"], PolicyArn=properties["policyArn"])


# --- instance profiles -----------------------------------------------------------------------------

def make_profile(aws: Aws, inputs: Props) -> Made:
    live = aws.iam.create_instance_profile(**params(inputs, "path", name="InstanceProfileName"),
                                           Tags=tag_list(inputs["tagsAll"]))["InstanceProfile"]
    return Made(live["InstanceProfileName"], {**shape_profile(live), "role": inputs.get("role", ""),
                                              "tagsAll": inputs["tagsAll"]})


def shape_profile(live: Mapping[str, Any]) -> Props:
    role = only(live.get("Roles", []))
    return {**outputs(live, "arn path", name="InstanceProfileName", uniqueId="InstanceProfileId"),
            "createDate": live["CreateDate"].isoformat(), "role": role["RoleName"] if role else "",
            "tagsAll": tag_map(live.get("Tags"))}


def find_profile(aws: Aws, id_: str, properties: Props) -> Props | None:
    return shape_profile(aws.iam.get_instance_profile(InstanceProfileName=id_)["InstanceProfile"])


def set_role(aws: Aws, id_: str, inputs: Props) -> None:
    live = aws.iam.get_instance_profile(InstanceProfileName=id_)["InstanceProfile"]
    if inputs.get("role") and inputs["role"] not in [role["RoleName"] for role in live.get("Roles", [])]:
        aws.iam.add_role_to_instance_profile(InstanceProfileName=id_, RoleName=inputs["role"])


def change_role(aws: Aws, id_: str, old: Props, new: Props) -> None:
    clear_role(aws, id_)
    set_role(aws, id_, new)


def clear_role(aws: Aws, id_: str) -> None:
    for role in aws.iam.get_instance_profile(InstanceProfileName=id_)["InstanceProfile"].get("Roles", []):
        aws.iam.remove_role_from_instance_profile(InstanceProfileName=id_, RoleName=role["RoleName"])


def drop_profile(aws: Aws, id_: str, properties: Props) -> None:
    clear_role(aws, id_)
    aws.iam.delete_instance_profile(InstanceProfileName=id_)


def update(aws: Aws, id_: str, old: Props, new: Props) -> None:
    aws.iam.update_role(RoleName=id_, Description=new.get("description", ""),
                        MaxSessionDuration=new["maxSessionDuration"])


KINDS = (
    Kind(urn_type="aws:iam/role:Role", make=make, find=find, drop=drop, id_of=lambda inputs: str(inputs["name"]),
         tag=tag("role", "RoleName"), fixed="name namePrefix path", required="assumeRolePolicy",
         naming=Naming(longest=64), documents="assumeRolePolicy", state_only="forceDetachPolicies",
         defaults={"path": "/", "maxSessionDuration": 3600, "forceDetachPolicies": False},
         changes={"assumeRolePolicy": lambda aws, id_, old, new: aws.iam.update_assume_role_policy(
                      RoleName=id_, PolicyDocument=new["assumeRolePolicy"]),
                  "description maxSessionDuration": update, "permissionsBoundary": change_boundary},
         checks=(trusted, between("maxSessionDuration", 3600, 43200))),
    Kind(urn_type="aws:iam/rolePolicy:RolePolicy", make=put_policy, find=find_policy, drop=drop_policy, id_of=policy_id,
         fixed="role name namePrefix", required="role policy", naming=Naming(longest=128), documents="policy",
         changes={"policy": lambda aws, id_, old, new: put_policy(aws, new)}),
    Kind(urn_type="aws:iam/rolePolicyAttachment:RolePolicyAttachment", make=attach, find=find_attachment, drop=detach,
         id_of=attachment_id, fixed="role policyArn", required="role policyArn"),
    Kind(urn_type="aws:iam/instanceProfile:InstanceProfile", make=make_profile, complete=set_role, find=find_profile,
         drop=drop_profile, id_of=lambda inputs: str(inputs["name"]),
         tag=tag("instance_profile", "InstanceProfileName"), fixed="name namePrefix path", naming=Naming(longest=128),
         defaults={"path": "/"}, changes={"role": change_role}),
)
