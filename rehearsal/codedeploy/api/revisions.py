"""Application revisions: where a bundle lies, and which groups have used it."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..store.catalog import Revision
from .registry import Answer, Request, Service, action, application, at_most, listed, without_nones

S3_MEMBERS = ("bucket", "key", "bundleType", "version", "eTag")
SORT = {"registerTime": "registered", "firstUsedTime": "first_used", "lastUsedTime": "last_used"}


def location(raw: dict[str, Any] | None) -> dict[str, Any]:
    """A revision's location in one canonical form, so that equal revisions are equal."""
    if not raw:
        raise ApiError("RevisionRequiredException", "A revision is required: revisionType and s3Location.")
    kind = raw.get("revisionType") or ("S3" if raw.get("s3Location") else "")
    if kind == "S3":
        return {"revisionType": "S3", "s3Location": _s3(raw.get("s3Location") or {})}
    if kind == "GitHub":
        hub = raw.get("gitHubLocation") or {}
        if "/" not in (hub.get("repository") or "") or not hub.get("commitId"):
            message = "gitHubLocation needs a repository (account/name) and a commitId."
            raise ApiError("InvalidRevisionException", message)
        kept = {"repository": hub["repository"], "commitId": hub["commitId"]}
        return {"revisionType": "GitHub", "gitHubLocation": kept}
    message = f"The revision type {kind or '(none)'} is for Lambda and ECS; deploy to hosts from S3."
    raise ApiError("InvalidRevisionException", message)


def _s3(raw: dict[str, Any]) -> dict[str, Any]:
    missing = [name for name in ("bucket", "key", "bundleType") if not raw.get(name)]
    if missing:
        raise ApiError("InvalidRevisionException", f"s3Location lacks {', '.join(missing)}.")
    if raw["bundleType"] not in ("zip", "tar", "tgz"):
        message = f"The bundle type {raw['bundleType']} is for Lambda and ECS; a host needs zip, tar or tgz."
        raise ApiError("InvalidRevisionException", message)
    return {name: raw[name] for name in S3_MEMBERS if raw.get(name)}


@action("RegisterApplicationRevision")
def register(service: Service, request: Request) -> Answer:
    found = application(service, request["applicationName"])
    if len(request.get("description") or "") > 1000:
        raise ApiError("DescriptionTooLongException", "The description is longer than 1000 characters.")
    where = location(request["revision"])
    service.store.revisions.register(found.name, where, request.get("description"), service.now())
    return {}


@action("GetApplicationRevision")
def get(service: Service, request: Request) -> Answer:
    name = application(service, request["applicationName"]).name
    found = service.store.revisions.get(name, location(request["revision"]))
    if found is None:
        raise ApiError("RevisionDoesNotExistException", f"The revision is not registered with {name}.")
    return {"applicationName": name, "revision": found.location, "revisionInfo": info(found)}


@action("BatchGetApplicationRevisions")
def batch_get(service: Service, request: Request) -> Answer:
    name = application(service, request["applicationName"]).name
    asked = [location(each) for each in at_most(request["revisions"], 25)]
    found = [service.store.revisions.get(name, each) for each in asked]
    missing = [str(where) for where, each in zip(asked, found, strict=True) if each is None]
    rows = [{"revisionLocation": each.location, "genericRevisionInfo": info(each)} for each in found if each]
    message = f"Not registered: {'; '.join(missing)}" if missing else ""
    return {"applicationName": name, "errorMessage": message, "revisions": rows}


def info(revision: Revision) -> dict[str, Any]:
    return without_nones(
        {
            "description": revision.description,
            "deploymentGroups": list(revision.groups),
            "firstUsedTime": revision.first_used,
            "lastUsedTime": revision.last_used,
            "registerTime": revision.registered,
        }
    )


@action("ListApplicationRevisions")
def list_all(service: Service, request: Request) -> Answer:
    name = application(service, request["applicationName"]).name
    if request.get("s3KeyPrefix") and not request.get("s3Bucket"):
        raise ApiError("BucketNameFilterRequiredException", "s3KeyPrefix needs s3Bucket.")
    found = [each for each in service.store.revisions.of(name) if _wanted(service, name, each, request)]
    by = SORT[request.get("sortBy", "registerTime")]
    found.sort(key=lambda each: getattr(each, by) or 0.0, reverse=request.get("sortOrder") == "descending")
    return listed(service, f"revisions of {name}", [each.location for each in found], request, "revisions")


def _wanted(service: Service, name: str, revision: Revision, request: Request) -> bool:
    s3 = revision.location.get("s3Location") or {}
    if request.get("s3Bucket") and s3.get("bucket") != request["s3Bucket"]:
        return False
    if request.get("s3KeyPrefix") and not str(s3.get("key", "")).startswith(request["s3KeyPrefix"]):
        return False
    deployed = request.get("deployed", "ignore")
    return bool(deployed == "ignore" or (deployed == "include") == _is_target(service, name, revision))


def _is_target(service: Service, name: str, revision: Revision) -> bool:
    """Whether some group's present revision is this one."""
    for group in service.store.groups.of(name):
        record = service.store.deployments.get(group.last_success) if group.last_success else None
        if record is not None and record.revision_key == revision.key:
            return True
    return False
