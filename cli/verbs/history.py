"""`coko history TIER`: the last deployments: what, who, when, how long, how it ended; and the DORA figures of these."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from typing import Any

from cli.following import clock
from cli.shipping import aws, deployment_json, tier_argument, tier_of
from cli.terminal import Terminal
from pipelines.deployments import Deployment
from pipelines.errors import ExitCode
from pipelines.history import Dora, History, history


def configure(parser: argparse.ArgumentParser) -> None:
    tier_argument(parser)
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="how many deployments to look at")


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    door = aws()
    found = history(door, tier_of(door, arguments), max(arguments.limit, 1))
    rows = [_row(each, found) for each in found.deployments]
    text = terminal.table(["deployment", "when", "took", "outcome", "release", "commit", "by", "why"], rows)
    terminal.result(_json(found), f"{text}\n\n{_dora(found.dora)}" if rows else f"nothing was deployed to {found.tier}")
    return ExitCode.DONE


def _row(each: Deployment, found: History) -> list[str]:
    release = found.releases.get(each.digest)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(each.created))
    why = each.note.why or ("automatic rollback" if each.creator == "codeDeployRollback" else each.creator)
    return [each.id, when, clock(each.seconds), each.status, each.digest[:12] or "?",
            f"{release.commit[:10]} {release.subject[:40]}" if release else "?", each.by, why]


def _json(found: History) -> dict[str, Any]:
    return {"tier": found.tier, "deployments": [deployment_json(each) for each in found.deployments],
            "releases": {digest: asdict(each) for digest, each in found.releases.items()}, "dora": asdict(found.dora)}


def _dora(told: Dora) -> str:
    def percent(value: float | None) -> str:
        return "unknown" if value is None else f"{value:.0f} %"
    often = "unknown (less than a day)" if told.per_week is None else f"{told.per_week:.1f} a week"
    return (f"deployments {told.deployments}, frequency {often}, publish to live {clock(told.lead_seconds)}, "
            f"failures {percent(told.failure_percent)}, restored after {clock(told.restore_seconds)}")
