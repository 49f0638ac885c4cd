"""Launch templates: every change of what is launched makes a new version; old ones stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.kind import Kind, Made, Naming
from rehearsal.provider.kinds import ec2
from rehearsal.provider.kinds.shapes import only, outputs, pascal_tree, tag_list
from rehearsal.provider.values import Props

LAUNCHED = ("blockDeviceMappings creditSpecification cpuOptions disableApiStop disableApiTermination ebsOptimized "
            "iamInstanceProfile imageId instanceInitiatedShutdownBehavior instanceType keyName maintenanceOptions "
            "metadataOptions monitoring networkInterfaces placement privateDnsNameOptions tagSpecifications userData "
            "vpcSecurityGroupIds")
RENAMED = {"vpcSecurityGroupIds": "SecurityGroupIds", "securityGroups": "Groups", "ipv4PrefixCount": "Ipv4PrefixCount"}
BOOLEAN_WORDS = ("encrypted", "deleteOnTermination", "ebsOptimized", "associatePublicIpAddress")


def launched(inputs: Props) -> dict[str, Any]:
    """The API's LaunchTemplateData."""
    given = {name: inputs[name] for name in LAUNCHED.split() if inputs.get(name) is not None}
    specifications = given.pop("tagSpecifications", [])
    data: dict[str, Any] = pascal_tree(_booleans(given), RENAMED)
    if specifications:
        data["TagSpecifications"] = [{"ResourceType": s["resourceType"], "Tags": tag_list(s.get("tags"))}
                                     for s in specifications]
    return data


def _booleans(value: Any) -> Any:
    """Pulumi writes some booleans of this resource as words."""
    if isinstance(value, dict):
        return {key: item == "true" if key in BOOLEAN_WORDS and isinstance(item, str) else _booleans(item)
                for key, item in value.items()}
    return [_booleans(item) for item in value] if isinstance(value, list) else value


def shape(aws: Aws, live: Mapping[str, Any]) -> Props:
    return {**outputs(live, "", name="LaunchTemplateName", latestVersion="LatestVersionNumber",
                      defaultVersion="DefaultVersionNumber"), **ec2.tags_of(live),
            "arn": aws.arn("ec2", f"launch-template/{live['LaunchTemplateId']}")}


def make(aws: Aws, inputs: Props) -> Made:
    tags = [{"ResourceType": "launch-template", "Tags": tag_list(inputs["tagsAll"])}] if inputs["tagsAll"] else []
    live = aws.ec2.create_launch_template(
        LaunchTemplateName=inputs["name"], LaunchTemplateData=launched(inputs), TagSpecifications=tags,
        **_description(inputs))["LaunchTemplate"]
    return Made(live["LaunchTemplateId"], shape(aws, live))


def _description(inputs: Props) -> dict[str, str]:
    return {"VersionDescription": inputs["description"]} if inputs.get("description") else {}


def _live(aws: Aws, id_: str) -> Any:
    return only(aws.ec2.describe_launch_templates(LaunchTemplateIds=[id_])["LaunchTemplates"])


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = _live(aws, id_)
    if live is None:
        return None
    latest = aws.ec2.describe_launch_template_versions(
        LaunchTemplateId=id_, Versions=[str(live["LatestVersionNumber"])])["LaunchTemplateVersions"]
    data = only(latest)["LaunchTemplateData"] if latest else {}
    found = outputs(data, "imageId instanceType keyName userData", vpcSecurityGroupIds="SecurityGroupIds")
    return {**shape(aws, live), **found}


def seek(aws: Aws, inputs: Props) -> Iterable[str]:
    named = [{"Name": "launch-template-name", "Values": [inputs["name"]]}]
    return [live["LaunchTemplateId"] for live in aws.ec2.describe_launch_templates(Filters=named)["LaunchTemplates"]]


def new_version(aws: Aws, id_: str, old: Props, new: Props) -> None:
    version = aws.ec2.create_launch_template_version(
        LaunchTemplateId=id_, LaunchTemplateData=launched(new), **_description(new))["LaunchTemplateVersion"]
    if new.get("updateDefaultVersion"):
        aws.ec2.modify_launch_template(LaunchTemplateId=id_, DefaultVersion=str(version["VersionNumber"]))


def set_default(aws: Aws, id_: str, old: Props, new: Props) -> None:
    if not new.get("updateDefaultVersion") and new.get("defaultVersion"):
        aws.ec2.modify_launch_template(LaunchTemplateId=id_, DefaultVersion=str(int(new["defaultVersion"])))


def drop(aws: Aws, id_: str, properties: Props) -> None:
    aws.ec2.delete_launch_template(LaunchTemplateId=id_)


KINDS = (
    Kind(urn_type="aws:ec2/launchTemplate:LaunchTemplate", make=make, find=find, drop=drop, seek=seek, tag=ec2.tag,
         fixed="name namePrefix", naming=Naming(longest=125), state_only="updateDefaultVersion",
         changes={f"{LAUNCHED} description": new_version, "defaultVersion": set_default},
         sets="vpcSecurityGroupIds securityGroups", recomputed="latestVersion defaultVersion"),
)
