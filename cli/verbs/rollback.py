"""`coko rollback TIER [RELEASE]`: back to the last good release, or to a chosen one.

A deployment like any other, of a release that was deployed to the end before. Asks first (--yes: no question), follows
it to the end, and is on record: who, when, from which release to which.
"""

from __future__ import annotations

import argparse
import sys

from cli.shipping import aws, deployment_json, dry_argument, follow, show_calls, tier_argument, tier_of
from cli.terminal import Terminal
from pipelines import deploy, deployments, rollback
from pipelines.deployments import Note
from pipelines.door import Door
from pipelines.errors import ExitCode, Failure
from pipelines.publish import whoever
from pipelines.rollback import Choice
from pipelines.stack import Tier


def configure(parser: argparse.ArgumentParser) -> None:
    tier_argument(parser)
    parser.add_argument("release", nargs="?", help="digest, its beginning, or a commit; the last good one if left out")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    dry_argument(parser)
    parser.add_argument("--by", metavar="WHO", help="who is going back: the build or the user if left out")
    parser.add_argument("--no-watch", action="store_true", help="start it, do not follow it")


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    door = aws()
    tier = tier_of(door, arguments)
    _refuse_if_busy(door, tier)
    choice = rollback.choose(door, tier, arguments.release)
    note = Note(by=arguments.by or whoever(), why="rollback", commit=choice.release.commit, leaving=choice.leaving)
    if arguments.dry_run:
        return show_calls(terminal, deploy.dry(door, tier, choice.release, note))
    terminal.say(words(tier, choice))
    if not arguments.yes and not confirmed(terminal):
        raise Failure("nothing was changed", why="the question was not answered with yes",
                      next=f"coko rollback {tier.name} --yes", exit_code=ExitCode.REFUSED)
    started = deploy.deploy(door, tier, choice.release, note, say=terminal.say)
    if not arguments.no_watch:
        return follow(door, tier, started.deployment, terminal, leave=True)
    terminal.result({**deployment_json(started.deployment), "leaving": choice.leaving},
                    f"{tier.name} goes back to {choice.release.short} as {started.deployment.id}")
    return ExitCode.DONE


def words(tier: Tier, choice: Choice) -> str:
    """What would happen, for somebody who is half asleep."""
    to = choice.release
    return (f"{tier.name} of stack {tier.stack}: from {choice.leaving[:12] or 'what runs'} back to {to.short}\n"
            f"  commit {to.commit[:10]} {to.subject}, published {to.at} by {to.by}\n  because {choice.why}")


def confirmed(terminal: Terminal) -> bool:
    if not sys.stdin.isatty():
        return False
    print("go back? [y/N] ", end="", file=terminal.err, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _refuse_if_busy(door: Door, tier: Tier) -> None:
    holder = deployments.active(door, tier)
    if holder:
        raise Failure(f"{tier.name} has a deployment under way: {holder.id} by {holder.by}", exit_code=ExitCode.REFUSED,
                      why="stopping it brings the last good release back, which is quicker than another deployment",
                      next=f"coko stop {tier.name}")
