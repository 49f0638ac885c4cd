"""Starting instances from a launch template with all that it says: profile, metadata rules, disks, groups, tags.

The template is unfolded into the call before moto sees it; what the call says itself wins, as on AWS.
"""

from __future__ import annotations

from typing import Any

from rehearsal.cloud.answers import Call, Reply
from rehearsal.cloud.errors import AwsError
from rehearsal.cloud.services.ec2.table import ANSWERS

TAKEN = ("ImageId", "InstanceType", "KeyName", "UserData", "EbsOptimized", "IamInstanceProfile", "MetadataOptions",
         "Monitoring", "BlockDeviceMappings", "SecurityGroupIds", "InstanceInitiatedShutdownBehavior", "Placement",
         "DisableApiTermination", "DisableApiStop", "NetworkInterfaces", "CreditSpecification")


@ANSWERS("RunInstances")
def run(call: Call) -> Reply:
    named = call.params.get("LaunchTemplate")
    params, origin = dict(call.params), list[dict[str, str]]()
    if named:
        version = _version(call, named)
        params = unfolded(version["LaunchTemplateData"], params)
        origin = [{"Key": "aws:ec2launchtemplate:id", "Value": version["LaunchTemplateId"]},
                  {"Key": "aws:ec2launchtemplate:version", "Value": str(version["VersionNumber"])}]
    params.pop("LaunchTemplate", None)
    if "ImageId" not in params:
        raise AwsError("MissingParameter", "The request must contain the parameter ImageId")
    _need_image(call, params["ImageId"])
    params.setdefault("InstanceType", "m1.small")
    reply = call.onward(params)
    ids = [instance["InstanceId"] for instance in reply["Instances"]]
    if origin:
        call.ask("ec2", "CreateTags", Resources=ids, Tags=origin)
    _show_groups(call, ids)
    return {**reply, "Instances": _described(call, ids)}


def _show_groups(call: Call, ids: list[str]) -> None:
    """An instance is in the groups of its first interface; moto forgets that when interfaces are spelled out."""
    from moto.ec2.models import ec2_backends
    for instance in map(ec2_backends[call.account][call.region].get_instance, ids):
        if not instance.security_groups and instance.nics:
            instance.security_groups = list(instance.nics[0].group_set)


def unfolded(data: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """One call that says what the template and the call say together."""
    taken = {key: data[key] for key in TAKEN if key in data}
    tags = _merged(data.get("TagSpecifications", []), params.get("TagSpecifications", []))
    made = {**taken, **params, **({"TagSpecifications": tags} if tags else {})}
    interfaces = [{"DeviceIndex": place, **each} for place, each in enumerate(made.get("NetworkInterfaces", []))]
    if interfaces:
        made["NetworkInterfaces"] = interfaces
    if interfaces and "SubnetId" in made:
        made["NetworkInterfaces"] = [{**interfaces[0], "SubnetId": made.pop("SubnetId")}, *interfaces[1:]]
    if interfaces and not made["NetworkInterfaces"][0].get("Groups") and made.get("SecurityGroupIds"):
        made["NetworkInterfaces"][0]["Groups"] = made["SecurityGroupIds"]
    if interfaces:
        made.pop("SecurityGroupIds", None)
    return made


def _merged(first: list[dict[str, Any]], then: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tag specifications by kind of resource; the later value of a key wins."""
    kinds: dict[str, dict[str, str]] = {}
    for specification in [*first, *then]:
        tags = kinds.setdefault(specification["ResourceType"], {})
        tags.update({tag["Key"]: tag.get("Value", "") for tag in specification.get("Tags", [])})
    return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
            for kind, tags in kinds.items() if tags]


def _need_image(call: Call, image: str) -> None:
    try:
        call.ask("ec2", "DescribeImages", ImageIds=[image])
    except AwsError as error:
        raise AwsError("InvalidAMIID.NotFound", f"The image id '[{image}]' does not exist") from error


def _version(call: Call, named: dict[str, str]) -> dict[str, Any]:
    key = {k: v for k, v in named.items() if k in ("LaunchTemplateId", "LaunchTemplateName") and v}
    found = call.ask("ec2", "DescribeLaunchTemplateVersions", **key, Versions=[named.get("Version") or "$Default"])
    if not found["LaunchTemplateVersions"]:
        raise AwsError("InvalidLaunchTemplateId.VersionNotFound",
                       f"Could not find launch template version {named.get('Version')}")
    version: dict[str, Any] = found["LaunchTemplateVersions"][0]
    return version


def _described(call: Call, ids: list[str]) -> list[dict[str, Any]]:
    reservations = call.ask("ec2", "DescribeInstances", InstanceIds=ids)["Reservations"]
    return [instance for reservation in reservations for instance in reservation["Instances"]]
