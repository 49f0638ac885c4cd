"""What an agent is told about a deployment: pure."""

from __future__ import annotations

from typing import Any

from ..machine.lifecycle import Kind
from ..store.deployments import Record
from .plans import kind_of


def specification(record: Record) -> dict[str, Any]:
    """The deployment specification in the agent's words."""
    spec: dict[str, Any] = {
        "DeploymentId": record.id,
        "DeploymentGroupId": record.group_id,
        "DeploymentGroupName": record.group,
        "ApplicationName": record.application,
        "DeploymentCreator": record.creator,
        "DeploymentType": "IN_PLACE" if kind_of(record.request) is Kind.IN_PLACE else "BLUE_GREEN",
        "AppSpecFilename": "appspec.yml",
        "Revision": revision(record.request["revision"]),
    }
    behaviour = record.request.get("fileExistsBehavior")
    if behaviour:
        spec["AgentActionOverrides"] = {"AgentOverrides": {"FileExistsBehavior": behaviour}}
    return spec


def revision(location: dict[str, Any]) -> dict[str, Any]:
    if location["revisionType"] == "GitHub":
        account, _, repository = location["gitHubLocation"]["repository"].partition("/")
        commit = location["gitHubLocation"]["commitId"]
        hub = {"Account": account, "Repository": repository, "CommitId": commit}
        return {"RevisionType": "GitHub", "GitHubRevision": hub}
    s3 = location["s3Location"]
    names = {"Bucket": "bucket", "Key": "key", "BundleType": "bundleType", "Version": "version", "ETag": "eTag"}
    return {"RevisionType": "S3", "S3Revision": {out: s3[name] for out, name in names.items() if s3.get(name)}}
