"""`coko stop TIER [DEPLOYMENT]`: stops what is being deployed; CodeDeploy brings the last good release back."""

from __future__ import annotations

import argparse

from cli.shipping import aws, deployment_json, named, tier_argument, tier_of
from cli.terminal import Terminal
from pipelines import deployments
from pipelines.errors import ExitCode
from pipelines.stop import stop


def configure(parser: argparse.ArgumentParser) -> None:
    tier_argument(parser)
    parser.add_argument("deployment", nargs="?", help="d-…; what is under way if left out")


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    door = aws()
    tier = tier_of(door, arguments)
    running = None if arguments.deployment else deployments.active(door, tier)
    stopped = stop(door, (running or named(door, tier, arguments.deployment)).id)
    then = f"\nnext: coko watch {tier.name}" if stopped.in_time else ""
    terminal.result({**deployment_json(stopped.deployment), "in_time": stopped.in_time}, stopped.words + then)
    return ExitCode.DONE
