"""Who deployed what, when, how long it took, how it ended; and the four DORA figures of exactly these deployments."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines import deployments, releases
from pipelines.deployments import SUCCEEDED, Deployment
from pipelines.door import Door
from pipelines.releases import Release
from pipelines.stack import Tier

DAY = 86400.0


@dataclass(frozen=True, kw_only=True)
class Dora:
    """None where these deployments do not say it."""

    deployments: int
    per_week: float | None
    lead_seconds: float | None          # median, from publishing to live
    failure_percent: float | None       # of people's deployments: failed, stopped, or gone back from
    restore_seconds: float | None       # median, from the beginning of a failed one to the next good end


@dataclass(frozen=True)
class History:
    tier: str
    deployments: Sequence[Deployment]           # newest first
    releases: Mapping[str, Release]             # by digest
    dora: Dora


def history(door: Door, tier: Tier, limit: int = 20) -> History:
    found = deployments.recent(door, tier, limit)
    known = {digest: release for digest in {each.digest for each in found if each.digest}
             if (release := releases.read(door, tier, digest))}
    return History(tier.name, found, known, dora(found, {d: _moment(r.at) for d, r in known.items()}))


def dora(found: Sequence[Deployment], published: Mapping[str, float]) -> Dora:
    ours = [each for each in found if each.creator not in deployments.AUTOMATIC and each.over]
    changes = [each for each in ours if each.note.why != "rollback"]
    left = {each.note.leaving for each in ours if each.note.why == "rollback"}
    bad = [each for each in changes if each.status != SUCCEEDED or each.digest in left]
    leads = [each.completed - published[each.digest] for each in changes
             if each.status == SUCCEEDED and each.completed and each.digest in published]
    span = max((each.created for each in found), default=0) - min((each.created for each in found), default=0)
    return Dora(deployments=len(changes), per_week=len(changes) / span * 7 * DAY if span >= DAY else None,
                lead_seconds=_median(leads), failure_percent=100 * len(bad) / len(changes) if changes else None,
                restore_seconds=_median(_restores(found, bad)))


def _restores(found: Sequence[Deployment], bad: Sequence[Deployment]) -> list[float]:
    """From the beginning of each bad one to the next good end, whoever brought it: CodeDeploy, or a person."""
    seconds = []
    for each in bad:
        ends = [other.completed for other in found
                if other.status == SUCCEEDED and other.completed and other.created > each.created]
        if ends:
            seconds.append(min(ends) - each.created)
    return seconds


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _moment(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
