"""Releases in the artifact bucket: beside each bundle lies its record, found by listing, with nothing else's help.

    was/<digest>.zip     the bundle                    was/<digest>.json     the record: who, commit, when, where

Which of them were good is a parameter, /coko/<stack>/releases/<tier>: the last ones, newest first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.door import Call, Door, Refusal
from pipelines.errors import ExitCode, Failure
from pipelines.stack import Tier

KEPT = 12               # good releases in the parameter: 4 kB are its limit
ABSENT = "ParameterNotFound"


@dataclass(frozen=True, kw_only=True)
class Release:
    """A published Bundle: which object, which version of it, which bytes."""

    tier: str
    digest: str
    bucket: str
    version: str
    etag: str
    sha256: str
    size: int
    commit: str
    subject: str
    by: str
    at: str

    @property
    def short(self) -> str:
        return self.digest[:12]

    @property
    def key(self) -> str:
        return f"{self.tier}/{self.digest}.zip"

    @property
    def revision(self) -> dict[str, Any]:
        """As CodeDeploy names it: this version of this object, and no other."""
        where = {"bucket": self.bucket, "key": self.key, "bundleType": "zip", "eTag": self.etag}
        return {"revisionType": "S3", "s3Location": where | ({"version": self.version} if self.version else {})}


@dataclass(frozen=True, kw_only=True)
class Good:
    """A release that was deployed to the end, once."""

    digest: str
    deployment: str
    at: str


def record_key(tier: str, digest: str) -> str:
    return f"{tier}/{digest}.json"


def record(release: Release) -> Call:
    body = json.dumps(asdict(release), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return Call("s3", "put_object", {"Bucket": release.bucket, "Key": record_key(release.tier, release.digest),
                                     "Body": body.encode(), "ContentType": "application/json"})


def there(door: Door, tier: Tier, key: str) -> bool:
    """Asked by listing: a role that may list only below a prefix is told 403 of an object that is not there."""
    listing = Call("s3", "list_objects_v2", {"Bucket": tier.bucket, "Prefix": key, "MaxKeys": 1})
    return any(each["Key"] == key for each in door.send(listing).get("Contents") or [])


def read(door: Door, tier: Tier, digest: str) -> Release | None:
    key = record_key(tier.name, digest)
    if not there(door, tier, key):
        return None
    found = door.send(Call("s3", "get_object", {"Bucket": tier.bucket, "Key": key}))
    return Release(**json.loads(found["Body"].read()))


def digests(door: Door, tier: Tier) -> list[str]:
    """Of all published releases of a tier, newest first."""
    listing = Call("s3", "list_objects_v2", {"Bucket": tier.bucket, "Prefix": f"{tier.name}/"})
    found = [each for each in door.pages(listing, "Contents") if each["Key"].endswith(".json")]
    found.sort(key=lambda each: each["LastModified"], reverse=True)
    return [each["Key"].removeprefix(f"{tier.name}/").removesuffix(".json") for each in found]


def find(door: Door, tier: Tier, wanted: str) -> Release:
    """By digest, by the beginning of it, or by commit."""
    known = digests(door, tier)
    matching = [digest for digest in known if digest.startswith(wanted)]
    if not matching and len(wanted) >= 7:
        read_all = (read(door, tier, digest) for digest in known)
        matching = [each.digest for each in read_all if each and each.commit.startswith(wanted)][:1]
    if len(matching) != 1:
        raise _not_one(tier, wanted, matching)
    found = read(door, tier, matching[0])
    if found is None:
        raise _not_one(tier, wanted, [])
    return found


def _not_one(tier: Tier, wanted: str, matching: Sequence[str]) -> Failure:
    if matching:
        return Failure(f"{wanted} is the beginning of {len(matching)} releases of {tier.name}",
                       why=", ".join(digest[:16] for digest in matching[:5]), next="name more of it",
                       exit_code=ExitCode.BAD_INPUT)
    return Failure(f"{tier.name} has no release {wanted}", why=f"none is recorded in s3://{tier.bucket}/{tier.name}/",
                   next=f"coko history {tier.name}, or: coko publish {tier.name}", exit_code=ExitCode.BAD_INPUT)


def good(door: Door, tier: Tier) -> list[Good]:
    """What this tier's parameter says, newest first; none before the first deployment."""
    try:
        told = door.send(Call("ssm", "get_parameter", {"Name": tier.record}))["Parameter"]["Value"]
        return [Good(**each) for each in json.loads(told)]
    except Refusal as refusal:
        if refusal.code == ABSENT:
            return []
        raise
    except (ValueError, TypeError):
        return []       # not ours: CodeDeploy's own history still knows


def remember(tier: Tier, known: Sequence[Good], newest: Good) -> Call:
    """Idempotent: the same deployment is written once."""
    kept = [newest, *(each for each in known if each.deployment != newest.deployment)]
    kept.sort(key=lambda each: each.at, reverse=True)
    value = json.dumps([asdict(each) for each in kept[:KEPT]], separators=(",", ":"))
    return Call("ssm", "put_parameter", {"Name": tier.record, "Value": value, "Type": "String", "Overwrite": True})
