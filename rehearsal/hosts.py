"""The fleet as a service of the rehearsal: started after the stack, ready when every instance is a running box."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3

from pipelines.errors import Failure
from rehearsal import processes
from rehearsal.home import Home
from rehearsal.processes import Process

FLEET = "rehearsal.fleet"
PATIENCE = 180.0        # the first start bakes the image


@dataclass(frozen=True)
class Hosts:
    boxes: int
    fresh: bool


def ensure(home: Home, endpoint: str, say: Callable[[str], None]) -> Hosts:
    """Every instance of the stack's Auto Scaling groups runs as a box. Refuses where boxes cannot be made."""
    from rehearsal.fleet import ns
    ns.demand()
    known = processes.recorded(home).get("fleet")
    fresh = not (known and known.alive)
    if fresh:
        say("hosts: booting a box for every instance (the first time, their image is made)")
        arguments = ["-m", FLEET, "--endpoint", endpoint, "--state", str(home.fleet)]
        known = processes.start(home, "fleet", arguments, 0)
    assert known is not None
    return Hosts(_await(home, known, endpoint, say), fresh)


def told(home: Home) -> dict[str, Any]:
    """What the fleet last wrote of itself."""
    try:
        found: dict[str, Any] = json.loads((home.fleet / "fleet.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found


def _await(home: Home, process: Process, endpoint: str, say: Callable[[str], None]) -> int:
    wanted, deadline, shown = desired(endpoint), time.monotonic() + PATIENCE, -1
    while time.monotonic() < deadline:
        now = told(home)
        mine = now.get("controller") == process.pid
        running = len(now.get("boxes", {})) if mine else 0
        if running != shown and running:
            say(f"hosts: {running} of {wanted} run")
        shown = running
        if mine and running >= wanted:
            return running
        if not process.alive:
            raise _failed(process, "it ended")
        time.sleep(0.1)
    raise _failed(process, f"after {PATIENCE:.0f} s {shown} of {wanted} hosts run; {told(home).get('trouble') or ''}")


def desired(endpoint: str) -> int:
    """How many instances the Auto Scaling groups ask for."""
    api = boto3.Session().client("autoscaling", endpoint_url=endpoint, region_name="ap-northeast-2",
                                 aws_access_key_id="rehearsal", aws_secret_access_key="rehearsal")  # noqa: S106
    return sum(group["DesiredCapacity"] for group in api.describe_auto_scaling_groups()["AutoScalingGroups"])


def _failed(process: Process, how: str) -> Failure:
    return Failure("the rehearsal's hosts do not all run", next=f"read {process.log}, then coko rehearse up",
                   why=f"{how}; the end of its log:\n{processes.last_lines(process.log) or '(empty)'}")
