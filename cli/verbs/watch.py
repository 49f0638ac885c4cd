"""`coko watch TIER [DEPLOYMENT]`: follows a deployment, and CodeDeploy's rollback of it, to the end.

Ends with 0 if it succeeded and with 1 if it failed or was stopped. Ctrl-C and SIGTERM stop the deployment, and
CodeDeploy brings the last good release back; with --leave they only end the watching.
"""

from __future__ import annotations

import argparse

from cli.shipping import aws, follow, named, tier_argument, tier_of
from cli.terminal import Terminal
from pipelines.errors import ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    tier_argument(parser)
    parser.add_argument("deployment", nargs="?", help="d-…; the last one that somebody asked for, if left out")
    parser.add_argument("--leave", action="store_true", help="an interruption leaves the deployment alone")


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    door = aws()
    tier = tier_of(door, arguments)
    return follow(door, tier, named(door, tier, arguments.deployment), terminal, leave=arguments.leave)
