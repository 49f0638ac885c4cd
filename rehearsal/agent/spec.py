"""What the service wants deployed: the deployment specification that comes with every command."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rehearsal.agent.errors import AgentError

DEFAULT_APPSPEC = "appspec.yml"
REQUIRED = ("DeploymentId", "DeploymentGroupId", "DeploymentGroupName", "ApplicationName")
S3_FIELDS, GITHUB_FIELDS = ("Bucket", "Key", "BundleType"), ("Account", "Repository", "CommitId")


@dataclass(frozen=True)
class S3Revision:
    bucket: str
    key: str
    bundle_type: str
    version: str | None
    etag: str | None

    def environment(self) -> dict[str, str | None]:
        names = {"BUNDLE_BUCKET": self.bucket, "BUNDLE_KEY": self.key}
        return names | {"BUNDLE_VERSION": self.version, "BUNDLE_ETAG": self.etag}


@dataclass(frozen=True)
class GitHubRevision:
    repository: str
    commit: str
    bundle_type: str = "tar"

    def environment(self) -> dict[str, str | None]:
        return {"BUNDLE_COMMIT": self.commit}


@dataclass(frozen=True)
class LocalRevision:
    location: str
    bundle_type: str
    directory: bool

    def environment(self) -> dict[str, str | None]:
        return {}


Revision = S3Revision | GitHubRevision | LocalRevision


@dataclass(frozen=True)
class DeploymentSpec:
    deployment_id: str
    group_id: str
    group_name: str
    application: str
    creator: str
    deployment_type: str
    appspec: str
    file_exists_behavior: str
    events: list[str] | None
    revision: Revision


def parse(data: Any) -> DeploymentSpec:
    """Check what the service sent; the names of what is missing are the service's."""
    if not isinstance(data, dict):
        raise AgentError("Provided deployment spec was nil" if data is None else "the deployment spec is not an object")
    for field in REQUIRED:
        if not isinstance(data.get(field), str) or not data[field]:
            raise AgentError(f"Deployment Spec has no {field}")
    return DeploymentSpec(
        deployment_id=_one_name("DeploymentId", _deployment_id(data["DeploymentId"])),
        group_id=_one_name("DeploymentGroupId", data["DeploymentGroupId"]),
        group_name=data["DeploymentGroupName"],
        application=data["ApplicationName"],
        creator=data.get("DeploymentCreator") or "user",
        deployment_type=data.get("DeploymentType") or "IN_PLACE",
        appspec=data.get("AppSpecFilename") or DEFAULT_APPSPEC,
        file_exists_behavior=_behavior(data),
        events=data.get("AllPossibleLifecycleEvents") or None,
        revision=_revision(data.get("Revision")),
    )


def envelope(reply: dict[str, Any]) -> Any:
    """The specification out of a GetDeploymentSpecification reply."""
    system = reply.get("DeploymentSystem")
    if system != "CodeDeploy":
        raise AgentError(f"Deployment System mismatch: CodeDeploy != {system}")
    generic = (reply.get("DeploymentSpecification") or {}).get("GenericEnvelope")
    if not generic:
        raise AgentError("Deployment Specification missing")
    if generic.get("Format") != "TEXT/JSON":
        raise AgentError(f"Unsupported DeploymentSpecification format: {generic.get('Format')}")
    try:
        return json.loads(generic.get("Payload") or "null")
    except ValueError as error:
        raise AgentError(f"the deployment spec is not JSON: {error}") from None


def _deployment_id(name: str) -> str:
    if not name.startswith("arn:"):
        return name
    *_, resource = name.split(":", 5)
    return resource.partition("/")[2]


def _one_name(field: str, name: str) -> str:
    """It becomes a directory below the agent's root, and must not lead elsewhere."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise AgentError(f"Deployment Spec has a {field} that cannot name a directory: {name!r}")
    return name


def _behavior(data: dict[str, Any]) -> str:
    overrides = ((data.get("AgentActionOverrides") or {}).get("AgentOverrides")) or {}
    return str(overrides.get("FileExistsBehavior") or "DISALLOW").upper()


def _revision(revision: Any) -> Revision:
    if not revision:
        raise AgentError("Must specify a revison")  # sic
    match revision.get("RevisionType"):
        case "S3":
            return _s3(revision.get("S3Revision") or {})
        case "GitHub":
            return _github(revision.get("GitHubRevision") or {})
        case "Local File" | "Local Directory" as kind:
            local = revision.get("LocalRevision") or {}
            if not local.get("Location"):
                raise AgentError("LocalRevision in Deployment Spec must specify Location")
            return LocalRevision(local["Location"], local.get("BundleType") or "tar", kind == "Local Directory")
        case None | "":
            raise AgentError("Must specify a revision source")
    raise AgentError("Exactly one of S3Revision, GitHubRevision, or LocalRevision must be specified")


def _s3(s3: dict[str, Any]) -> S3Revision:
    if any(field not in s3 for field in S3_FIELDS):
        raise AgentError("S3Revision in Deployment Spec must specify Bucket, Key and BundleType")
    if s3["BundleType"] not in ("tar", "zip", "tgz"):
        raise AgentError("BundleType in S3Revision must be tar, tgz or zip")
    return S3Revision(s3["Bucket"], s3["Key"], s3["BundleType"], s3.get("Version"), s3.get("ETag"))


def _github(github: dict[str, Any]) -> GitHubRevision:
    if any(field not in github for field in GITHUB_FIELDS):
        raise AgentError("GitHubRevision in Deployment Spec must specify Account, Repository and CommitId")
    repository = f"{github['Account']}/{github['Repository']}"
    return GitHubRevision(repository, github["CommitId"], github.get("BundleType") or "tar")
