"""A Bundle → a Release: the zip in the artifact bucket, known to CodeDeploy, recorded beside itself."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines import releases
from pipelines.door import Call, Clock, Door, Refusal
from pipelines.errors import ExitCode, Failure
from pipelines.package import Bundle
from pipelines.releases import Release
from pipelines.stack import Tier


@dataclass(frozen=True)
class Published:
    release: Release
    uploaded: bool          # False: the same bytes were there


def publish(door: Door, tier: Tier, bundle: Bundle, *, by: str, clock: Clock | None = None) -> Published:
    """Repeating it after anything whatever ends in the same Release."""
    if bundle.tier != tier.name:
        raise Failure(f"the bundle is of {bundle.tier}", why=f"it was asked for {tier.name}",
                      next=f"coko publish {bundle.tier}", exit_code=ExitCode.BAD_INPUT)
    found = look(door, tier, bundle)
    if found is None:
        door.upload(Path(bundle.path), tier.bucket, bundle.key, metadata(bundle))
        found = look(door, tier, bundle)
        if found is None:
            raise _changed(tier, bundle)
        release = describe(tier, bundle, found, by=by, at=stamp((clock or Clock()).now()))
        for call in announce(tier, release):
            door.send(call)
        return Published(release, True)
    before = releases.read(door, tier, bundle.digest)
    release = describe(tier, bundle, found, by=before.by if before else by,
                       at=before.at if before else stamp((clock or Clock()).now()))
    for call in announce(tier, release):
        door.send(call)
    return Published(release, False)


def head(tier: Tier, bundle: Bundle) -> Call:
    return Call("s3", "head_object", {"Bucket": tier.bucket, "Key": bundle.key})


def look(door: Door, tier: Tier, bundle: Bundle) -> Mapping[str, Any] | None:
    """The object, if it holds exactly this bundle's bytes."""
    try:
        found = door.send(head(tier, bundle)) if releases.there(door, tier, bundle.key) else None
    except Refusal as refusal:
        if refusal.code == "NoSuchBucket":
            raise Failure(f"the artifact bucket {tier.bucket} is not there", why=refusal.message,
                          next=f"pulumi up --stack {tier.stack}", exit_code=ExitCode.REFUSED) from None
        raise
    if found is None:
        return None
    same = found.get("Metadata", {}).get("sha256") == bundle.sha256 and found["ContentLength"] == bundle.size
    return found if same else None


def metadata(bundle: Bundle) -> dict[str, str]:
    return {"sha256": bundle.sha256, "digest": bundle.digest, "commit": bundle.commit}


def describe(tier: Tier, bundle: Bundle, found: Mapping[str, Any], *, by: str, at: str) -> Release:
    version = str(found.get("VersionId") or "")
    return Release(tier=tier.name, digest=bundle.digest, bucket=tier.bucket,
                   version="" if version == "null" else version, etag=str(found["ETag"]).strip('"'),
                   sha256=bundle.sha256, size=bundle.size, commit=bundle.commit, subject=bundle.subject, by=by, at=at)


def announce(tier: Tier, release: Release) -> list[Call]:
    """CodeDeploy learns of the revision; then the record is written, last: what is recorded can be deployed."""
    told = f"{release.commit[:10]} {release.subject}"[:100]
    register = {"applicationName": tier.application, "revision": release.revision, "description": told}
    return [Call("codedeploy", "register_application_revision", register), releases.record(release)]


def dry(tier: Tier, bundle: Bundle) -> list[Call]:
    """What would be sent, without asking anything."""
    where = {"Bucket": tier.bucket, "Key": bundle.key, "Path": bundle.path, "Metadata": metadata(bundle)}
    return [head(tier, bundle), Call("s3", "upload_file", where)]


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whoever(environment: Mapping[str, str] = os.environ) -> str:
    """Who is at it: the build, or the person."""
    if environment.get("BUILD_TAG"):
        return f"jenkins {environment['BUILD_TAG']}"
    try:
        return environment.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def _changed(tier: Tier, bundle: Bundle) -> Failure:
    return Failure(f"{bundle.key} arrived, and is not what was sent", next=f"coko publish {tier.name}",
                   why="its size or its SHA-256 is another one: somebody else writes there, or it was cut off")
