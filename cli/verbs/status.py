"""`coko status [TIER]`: what runs where, what is under way, what is not as it should be. Exit 1 if anything is not."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from typing import Any

from cli.shipping import aws, deployment_json, tier_argument
from cli.terminal import Terminal
from pipelines import stack
from pipelines.errors import ExitCode
from pipelines.stack import TIERS
from pipelines.status import Status, status


def configure(parser: argparse.ArgumentParser) -> None:
    tier_argument(parser, optional=True)


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    door = aws()
    target = stack.load(door, arguments.stack)
    found = [status(door, stack.tier_of(target, arguments.stack, name))
             for name in ([arguments.tier] if arguments.tier else TIERS)]
    value = {"stack": arguments.stack, "url": target.site_url, "tiers": {each.tier: _json(each) for each in found}}
    terminal.result(value, "\n\n".join([f"{arguments.stack}  {target.site_url}", *(_text(s, terminal) for s in found)]))
    return ExitCode.FAILED if any(each.findings for each in found) else ExitCode.DONE


def _json(told: Status) -> dict[str, Any]:
    return {"live": told.live or None, "since": told.since or None,
            "release": asdict(told.release) if told.release else None,
            "active": deployment_json(told.active) if told.active else None,
            "last": deployment_json(told.last) if told.last else None,
            "instances": [asdict(host) for host in told.hosts], "findings": [*told.findings]}


def _text(told: Status, terminal: Terminal) -> str:
    release = told.release
    about = f"  commit {release.commit[:10]} {release.subject}" if release else ""
    since = f"  since {told.since}" if told.since else ""
    lines = [f"{told.tier}  {told.live[:12] or 'no release'}{since}{about}"]
    for word, each in (("under way", told.active), ("last", told.last)):
        if each:
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.created))
            lines.append(f"{word}: {each.id} {each.status}, {each.digest[:12] or '?'} by {each.by}, {when}")
    rows = [[host.id, host.group, host.lifecycle, host.health or "no target", host.digest[:12] or "–"]
            for host in told.hosts]
    lines.append(terminal.table(["instance", "group", "state", "health", "release"], rows))
    lines += [terminal.style(f"! {finding}", "yellow") for finding in told.findings]
    return "\n".join(lines)
