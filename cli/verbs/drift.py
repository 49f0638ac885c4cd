"""`coko drift`: what is not as the program left it.

Finds what was changed or deleted by hand, and what was added beside the program: a rule in a managed security group,
a route, a listener rule, a policy on a role. Says who owns each. Exit 1 when there is drift.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from cli.terminal import Terminal
from pipelines.errors import ExitCode, Failure
from rehearsal.home import Home
from rehearsal.processes import recorded
from rehearsal.provider.drift import Drift, Finding, drift

STYLES = {"changed": "yellow", "deleted": "red", "unmanaged": "cyan"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--endpoint", metavar="URL", help="the local AWS to ask; the rehearsal's own if left out")


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    home = Home.of(os.environ)
    endpoint = arguments.endpoint or _endpoint(home)
    found = drift(arguments.stack, endpoint=endpoint, state=home.root)
    terminal.result(as_json(found), "\n".join(lines(found, terminal)))
    return ExitCode.DONE if found.is_clean else ExitCode.FAILED


def _endpoint(home: Home) -> str:
    cloud = recorded(home).get("cloud")
    if cloud is None or not cloud.alive:
        raise Failure("the rehearsal's cloud does not run", why="drift is read from what is there",
                      next="coko rehearse up", exit_code=ExitCode.UNREACHABLE)
    return cloud.url


def as_json(found: Drift) -> dict[str, Any]:
    return {"clean": found.is_clean, "looked_at": found.looked_at, "findings": [asdict(f) for f in found.findings],
            "others": [asdict(f) for f in found.others]}


def lines(found: Drift, terminal: Terminal) -> Iterator[str]:
    for finding in found.findings:
        yield from _shown(finding, terminal)
    if found.others:
        owners = sorted({f"{o.owner}" for o in found.others})
        yield f"{len(found.others)} more belong to {', '.join(owners)}: no drift"
    counts = {what: sum(f.what == what for f in found.findings) for what in STYLES}
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    yield f"{said or 'no drift'} ({found.looked_at} resources of the program looked at)"
    if not found.is_clean:
        yield "next: pulumi refresh && pulumi up to take the program's word, or write what is wanted into the program"


def _shown(finding: Finding, terminal: Terminal) -> Iterator[str]:
    yield f"{terminal.style(finding.what, STYLES[finding.what])} {finding.type} {finding.name}"
    if finding.said:
        yield f"    {finding.said}"
    for change in finding.changes:
        yield f"    {change.path}: {_value(change.old)} → {_value(change.new)}"
    yield f"    owner: {finding.owner}"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
