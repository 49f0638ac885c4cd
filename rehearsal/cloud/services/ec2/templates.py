"""Launch templates: a version can be made from another one, tags follow CreateTags, no page ends after fifteen."""

from __future__ import annotations

from typing import Any

from rehearsal.cloud.answers import Call, Reply
from rehearsal.cloud.services.ec2.table import ANSWERS

OWN = "launch-template"


@ANSWERS("CreateLaunchTemplate")
def create(call: Call) -> Reply:
    """Tags for the template itself are not part of what it launches."""
    reply = call.onward({k: v for k, v in call.params.items() if k != "TagSpecifications"})
    specifications = call.params.get("TagSpecifications", [])
    tags = [tag for spec in specifications if spec.get("ResourceType") == OWN for tag in spec.get("Tags", [])]
    if tags:
        call.ask("ec2", "CreateTags", Resources=[reply["LaunchTemplate"]["LaunchTemplateId"]], Tags=tags)
        reply["LaunchTemplate"]["Tags"] = tags
    return reply


@ANSWERS("CreateLaunchTemplateVersion")
def create_version(call: Call) -> Reply:
    """What the new version leaves out it takes from its source."""
    params = {k: v for k, v in call.params.items() if k != "SourceVersion"}
    if source := call.params.get("SourceVersion"):
        base = versions(call, [source])[0]["LaunchTemplateData"]
        params["LaunchTemplateData"] = {**base, **params["LaunchTemplateData"]}
    return call.onward(params)


@ANSWERS("DescribeLaunchTemplates")
def describe(call: Call) -> Reply:
    reply = call.onward({"MaxResults": 200, **call.params})
    for template in reply["LaunchTemplates"]:
        template["Tags"] = tags_of(call, template["LaunchTemplateId"])
    return reply


@ANSWERS("ModifyLaunchTemplate")
def modify(call: Call) -> Reply:
    reply = call.onward()
    reply["LaunchTemplate"]["Tags"] = tags_of(call, reply["LaunchTemplate"]["LaunchTemplateId"])
    return reply


@ANSWERS("DescribeLaunchTemplateVersions")
def describe_versions(call: Call) -> Reply:
    return call.onward({"MaxResults": 200, **call.params})


def versions(call: Call, wanted: list[str]) -> list[dict[str, Any]]:
    key = call.names("LaunchTemplateId", "LaunchTemplateName")
    found: list[dict[str, Any]] = call.ask("ec2", "DescribeLaunchTemplateVersions", **key, Versions=wanted)[
        "LaunchTemplateVersions"]
    return found


def tags_of(call: Call, resource: str) -> list[dict[str, str]]:
    rows = call.ask("ec2", "DescribeTags", Filters=[{"Name": "resource-id", "Values": [resource]}])["Tags"]
    return [{"Key": row["Key"], "Value": row["Value"]} for row in rows]
