"""Which release to go back to. Going back is then a deploy of that Release, through the same path as any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines import deployments, releases
from pipelines.deployments import SUCCEEDED, Deployment
from pipelines.door import Door
from pipelines.errors import ExitCode, Failure
from pipelines.publish import stamp
from pipelines.releases import Good, Release
from pipelines.stack import Tier


@dataclass(frozen=True)
class Choice:
    release: Release
    leaving: str            # the digest that runs now, or was being brought; empty if unknown
    why: str


def choose(door: Door, tier: Tier, wanted: str | None = None) -> Choice:
    """`wanted`: a digest or commit, or None for the last good release."""
    history = deployments.recent(door, tier)
    known = merged(releases.good(door, tier), history)
    leaving = left(history, known)
    if wanted:
        return Choice(releases.find(door, tier, wanted), leaving, "it was asked for")
    for candidate in candidates(history, known, leaving):
        release = releases.read(door, tier, candidate.digest)
        if release:
            return Choice(release, leaving, f"it was deployed to the end by {candidate.deployment}, {candidate.at}")
    raise Failure(f"{tier.name} has no release to go back to", exit_code=ExitCode.REFUSED,
                  why="no other release was ever deployed to the end", next=f"coko history {tier.name}")


def merged(recorded: Sequence[Good], history: Sequence[Deployment]) -> list[Good]:
    """Our record and CodeDeploy's history: each knows what the other may have lost. Newest first."""
    found = {each.deployment: each for each in recorded}
    for each in history:
        if each.status == SUCCEEDED and each.digest and each.creator != "autoscaling":
            at = stamp(each.completed or each.created)
            found.setdefault(each.id, Good(digest=each.digest, deployment=each.id, at=at))
    return sorted(found.values(), key=lambda each: each.at, reverse=True)


def left(history: Sequence[Deployment], known: Sequence[Good]) -> str:
    """What is on the hosts as far as the last deployment went: after a failure that nobody rolled back, a mixture."""
    newest = next((each for each in history if each.digest), None)
    if newest is None:
        return known[0].digest if known else ""
    if newest.creator == "codeDeployRollback" and newest.status != SUCCEEDED:
        bad = next((each for each in history if each.rollback_id == newest.id), None)
        return bad.digest if bad else newest.digest
    return newest.digest


def candidates(history: Sequence[Deployment], known: Sequence[Good], leaving: str) -> list[Good]:
    """Good ones, newest first: not what runs, and nothing that somebody went back from and nobody brought again."""
    withdrawn = {each.note.leaving: stamp(each.created) for each in reversed(history)
                 if each.note.why == "rollback" and each.note.leaving}
    return [each for each in known
            if each.digest != leaving and not each.at <= withdrawn.get(each.digest, "")]
