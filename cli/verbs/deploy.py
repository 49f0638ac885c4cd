"""`coko deploy TIER [RELEASE]`: starts the deployment of a published release.

RELEASE is a digest, the beginning of one, or a commit; without it, the bundle that this checkout published last, else
the newest release in the bucket. A tier has one deployment at a time: the same release's is joined, another one's is
refused, or waited for with --wait.
"""

from __future__ import annotations

import argparse

from cli.shipping import aws, deployment_json, dry_argument, follow, show_calls, tier_argument, tier_of
from cli.terminal import Terminal
from pipelines import deploy, releases
from pipelines.deployments import Note
from pipelines.door import Door
from pipelines.errors import ExitCode, Failure
from pipelines.package import packaged
from pipelines.publish import whoever
from pipelines.releases import Release
from pipelines.stack import Tier


def configure(parser: argparse.ArgumentParser) -> None:
    tier_argument(parser)
    parser.add_argument("release", nargs="?", help="digest, its beginning, or a commit")
    dry_argument(parser)
    parser.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="how long to wait for another one")
    parser.add_argument("--token", default="", help="names the build: the same build starts one deployment")
    parser.add_argument("--by", metavar="WHO", help="who is deploying: the build or the user if left out")
    parser.add_argument("--watch", action="store_true", help="and follow it to its end, as coko watch does")


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    door = aws()
    tier = tier_of(door, arguments)
    release = chosen(door, tier, arguments.release)
    note = Note(by=arguments.by or whoever(), commit=release.commit, token=arguments.token)
    if arguments.dry_run:
        return show_calls(terminal, deploy.dry(door, tier, release, note))
    started = deploy.deploy(door, tier, release, note, wait=arguments.wait, say=terminal.say)
    if arguments.watch:
        return follow(door, tier, started.deployment, terminal)
    again = "was deployed as" if started.deployment.over else "goes on as"
    how = again if started.joined else "is being deployed as"
    terminal.result({**deployment_json(started.deployment), "joined": started.joined},
                    f"{tier.name} {release.short} {how} {started.deployment.id}\nnext: coko watch {tier.name}")
    return ExitCode.DONE


def chosen(door: Door, tier: Tier, wanted: str | None) -> Release:
    if wanted:
        return releases.find(door, tier, wanted)
    try:
        found = releases.read(door, tier, packaged(tier.name).digest)
    except Failure:         # this checkout has packaged nothing
        found = None
    if found:
        return found
    known = releases.digests(door, tier)
    if not known:
        raise Failure(f"{tier.name} has no releases", why=f"s3://{tier.bucket}/{tier.name}/ records none",
                      next=f"coko package {tier.name}, then coko publish {tier.name}", exit_code=ExitCode.BAD_INPUT)
    return releases.find(door, tier, known[0])
