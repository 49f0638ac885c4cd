"""`coko publish TIER`: the last bundle into the artifact bucket, under its digest. What is there is not sent again."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from cli.shipping import aws, dry_argument, show_calls, tier_argument, tier_of
from cli.terminal import Terminal
from pipelines import publish
from pipelines.errors import ExitCode
from pipelines.package import packaged


def configure(parser: argparse.ArgumentParser) -> None:
    tier_argument(parser)
    dry_argument(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="where `coko package` put it, if not in build/bundles")
    parser.add_argument("--by", metavar="WHO", help="who is publishing: the build or the user if left out")


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    bundle = packaged(arguments.tier, out=arguments.out)
    door = aws()
    tier = tier_of(door, arguments)
    if arguments.dry_run:
        return show_calls(terminal, publish.dry(tier, bundle))
    done = publish.publish(door, tier, bundle, by=arguments.by or publish.whoever())
    how = "uploaded" if done.uploaded else "was there already"
    terminal.result({**asdict(done.release), "uploaded": done.uploaded}, "\n".join([
        f"{tier.name} {done.release.short} {how}: s3://{tier.bucket}/{done.release.key}",
        f"next: coko deploy {tier.name} {done.release.short}"]))
    return ExitCode.DONE
