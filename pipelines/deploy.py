"""A Release → a Deployment: asks CodeDeploy once, however often it is itself asked.

A tier has one active deployment. The same release under way is joined; another one is waited for or refused, with who
holds the tier. A build (`--token`) that comes twice gets the deployment that it started the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines import colours, deployments
from pipelines.deployments import Deployment, Note
from pipelines.door import Call, Clock, Door, Refusal
from pipelines.errors import ExitCode, Failure
from pipelines.releases import Release
from pipelines.stack import Tier

PAUSE = 5.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Started:
    deployment: Deployment
    joined: bool            # True: it was under way, or this build had started it before


def deploy(door: Door, tier: Tier, release: Release, note: Note, *, wait: float = 0, clock: Clock | None = None,
           say: Say = lambda text: None) -> Started:
    clock = clock or Clock()
    deadline = clock.now() + wait
    while True:
        found = _already(door, tier, release, note)
        if found is not None:
            say(f"{found.id} is this release's deployment already: {found.status}")
            return Started(found, True)
        holder = deployments.active(door, tier)
        if holder is None:
            made = _create(door, tier, release, note, clock, say)
            if made is not None:
                return Started(made, False)
            holder = deployments.active(door, tier)
        if clock.now() >= deadline:
            raise busy(tier, holder, wait)
        say(f"waiting: {tier.name} is held by {_who(holder)}")
        clock.sleep(min(PAUSE, max(deadline - clock.now(), 0.1)))


def _already(door: Door, tier: Tier, release: Release, note: Note) -> Deployment | None:
    return same(deployments.recent(door, tier), release.digest, note.token)


def same(known: Sequence[Deployment], digest: str, token: str) -> Deployment | None:
    """The deployment that this request would repeat: of the same build, or of the same release and still running."""
    for each in known:
        if each.digest == digest and (not each.over or (token and each.note.token == token)):
            return each
    return None


def request(tier: Tier, release: Release, note: Note, green: str | None = None) -> Call:
    """`green`: the Auto Scaling group to deploy to, where the tier has two."""
    arguments = {"applicationName": tier.application, "deploymentGroupName": tier.group,
                 "deploymentConfigName": tier.target.deployment_config, "revision": release.revision,
                 "description": note.text, "fileExistsBehavior": "OVERWRITE"}
    to = {"targetInstances": {"autoScalingGroups": [green]}} if green else {}
    return Call("codedeploy", "create_deployment", {**arguments, **to})


def dry(door: Door, tier: Tier, release: Release, note: Note) -> list[Call]:
    """What would be sent."""
    if not tier.blue_green:
        return [request(tier, release, note)]
    pair = colours.live_and_idle(colours.look(door, tier))
    if pair is None:
        return []
    return [*colours.ready(*pair), request(tier, release, note, pair[1].name)]


def _create(door: Door, tier: Tier, release: Release, note: Note, clock: Clock, say: Say) -> Deployment | None:
    """None if somebody was faster."""
    green = None
    if tier.blue_green:
        say("bringing the idle colour up")
        green = colours.make_ready(door, tier, clock)
    try:
        answer = door.send(request(tier, release, note, green))
    except Refusal as refusal:
        if refusal.code == "DeploymentLimitExceededException":
            return None
        raise _refused(tier, release, refusal) from None
    return deployments.get(door, str(answer["deploymentId"]))


def _who(holder: Deployment | None) -> str:
    if holder is None:
        return "a deployment that just began"
    return f"{holder.id} ({holder.by}, release {holder.digest[:12] or 'unknown'})"


def busy(tier: Tier, holder: Deployment | None, waited: float) -> Failure:
    after = f" after {waited:.0f} s" if waited else ""
    return Failure(f"{tier.name} has a deployment under way{after}", why=f"it is held by {_who(holder)}",
                   next=f"coko watch {tier.name}, or coko deploy {tier.name} --wait 1800", exit_code=ExitCode.REFUSED)


def _refused(tier: Tier, release: Release, refusal: Refusal) -> Failure:
    if refusal.code in ("DeploymentGroupDoesNotExistException", "ApplicationDoesNotExistException"):
        return Failure(f"{tier.name} cannot be deployed to", why=refusal.message,
                       next=f"pulumi up --stack {tier.stack}", exit_code=ExitCode.REFUSED)
    return Failure(f"CodeDeploy does not deploy {tier.name} {release.short}", why=f"{refusal.code}: {refusal.message}",
                   next=f"coko status --stack {tier.stack}")
