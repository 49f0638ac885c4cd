"""What the shipping verbs share: arguments, the way to AWS, following a deployment, stopping it when interrupted."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli.following import Following
from cli.terminal import Terminal
from pipelines import appspec, deployments, stack
from pipelines.deployments import Deployment
from pipelines.door import Call, Door
from pipelines.errors import ExitCode, Failure
from pipelines.package import ROOT
from pipelines.stack import TIERS, Tier
from pipelines.watch import Outcome


def tier_argument(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    parser.add_argument("tier", choices=TIERS, help="web or was", nargs="?" if optional else None)


def dry_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="print the requests instead of sending them")


def aws() -> Door:
    """boto3 takes its time to load: only who talks to AWS waits for it."""
    from pipelines.aws import Aws
    return Aws()


def tier_of(door: Door, arguments: argparse.Namespace) -> Tier:
    return stack.tier(door, arguments.stack, arguments.tier)


def show_calls(terminal: Terminal, calls: Sequence[Call]) -> ExitCode:
    told = [call.as_json() for call in calls]
    text = "\n".join(json.dumps(each, indent=1, default=_readable, ensure_ascii=False) for each in told)
    terminal.result(json.loads(json.dumps({"requests": told}, default=_readable)), text or "nothing would be sent")
    return ExitCode.DONE


def _readable(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def follow(door: Door, tier: Tier, deployment: Deployment, terminal: Terminal, *, leave: bool = False) -> ExitCode:
    """To the end of it. Ctrl-C and SIGTERM stop the deployment, unless it is to be left alone."""
    from pipelines.watch import watch
    try:
        view = Following(terminal, tier.name, _limits(), estimate(door, tier))
        outcome = watch(door, tier, deployment.id, tell=view)
    except KeyboardInterrupt:
        return _interrupted(door, tier, deployment, terminal, leave)
    terminal.result({"outcome": outcome_json(outcome)}, view.ended(outcome))
    return outcome.exit_code


def _interrupted(door: Door, tier: Tier, deployment: Deployment, terminal: Terminal, leave: bool) -> ExitCode:
    if leave:
        terminal.say(f"interrupted; {deployment.id} goes on\n  next: coko watch {tier.name}")
        return ExitCode.INTERRUPTED
    terminal.say(f"interrupted: stopping {deployment.id} …")
    from pipelines.stop import stop
    stopped = stop(door, deployment.id)
    terminal.say(f"{stopped.words}\n  next: coko watch {tier.name}")
    terminal.result({"interrupted": deployment.id, "rollback": stopped.deployment.rollback_id}, stopped.words)
    return ExitCode.INTERRUPTED


def _limits(root: Path = ROOT) -> dict[str, int]:
    """How long each lifecycle event may take; unknown where this checkout's appspec.yml is of no use."""
    try:
        return appspec.limits(appspec.hooks((root / appspec.NAME).read_text()))
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def estimate(door: Door, tier: Tier) -> float | None:
    """How long it took the last time."""
    took = [each.seconds for each in deployments.recent(door, tier, 10)
            if each.status == deployments.SUCCEEDED and each.seconds]
    return took[0] if took else None


def named(door: Door, tier: Tier, deployment_id: str | None) -> Deployment:
    """The named one, else the last that somebody asked for."""
    if deployment_id:
        return deployments.get(door, deployment_id)
    found = deployments.asked_for(deployments.recent(door, tier))
    if found is None:
        raise Failure(f"nothing was ever deployed to {tier.name}", why=f"{tier.group} has no deployments",
                      next=f"coko deploy {tier.name}", exit_code=ExitCode.BAD_INPUT)
    return found


def deployment_json(each: Deployment) -> dict[str, Any]:
    return {"id": each.id, "status": each.status, "release": each.digest, "by": each.by, "why": each.note.why,
            "commit": each.note.commit, "created": each.created, "seconds": each.seconds,
            "message": each.message, "rollback": each.rollback_id or None}


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    return {"deployment": deployment_json(outcome.deployment),
            "failed": outcome.failed.__dict__ if outcome.failed else None,
            "rollback": deployment_json(outcome.rollback) if outcome.rollback else None,
            "settled": [call.as_json() for call in outcome.settled], "exit_code": int(outcome.exit_code)}
