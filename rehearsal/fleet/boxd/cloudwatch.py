"""The CloudWatch agent's metrics: memory and disk of this box, every minute, to the cloud.

A box has no memory of its own to be full: its processes' share of the machine's is set against what an instance of its
type has. Swap and logs are not sent.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from rehearsal.fleet.boxd import imds
from rehearsal.fleet.boxd.cloudwatch_ctl import CONFIG

INTERVAL = 60.0
GIBIBYTES = {"nano": 0.5, "micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16, "2xlarge": 32}


def proportional_set() -> int:
    """Bytes of memory of all processes here, shared pages divided among those who share them."""
    total = 0
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError, StopIteration):
                lines = (path / "smaps_rollup").read_text().splitlines()
                total += 1024 * int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return total


def measured(instance_type: str) -> dict[str, float]:
    size = GIBIBYTES.get(instance_type.rpartition(".")[2], 8) * 2**30
    disk = os.statvfs("/")
    return {"mem_used_percent": 100 * proportional_set() / size,
            "disk_used_percent": 100 * (1 - disk.f_bavail / disk.f_blocks)}


def put_metric_data(namespace: str, values: dict[str, float], dimensions: list[dict[str, str]]) -> dict[str, str]:
    """Each value once for each set of dimensions."""
    asked = {"Action": "PutMetricData", "Version": "2010-08-01", "Namespace": namespace}
    number = 0
    for name, value in values.items():
        for known in dimensions:
            number += 1
            at = f"MetricData.member.{number}"
            asked |= {f"{at}.MetricName": name, f"{at}.Value": f"{value:.3f}", f"{at}.Unit": "Percent"}
            for position, (key, told) in enumerate(known.items(), 1):
                asked |= {f"{at}.Dimensions.member.{position}.Name": key,
                          f"{at}.Dimensions.member.{position}.Value": told}
    return asked


def send(asked: dict[str, str]) -> None:
    import urllib.request

    from rehearsal.agent.signing import credentials, sign
    url, body = os.environ["AWS_ENDPOINT_URL"] + "/", urlencode(asked).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    who = credentials(imds.credentials())
    if who:
        headers = sign(who, "monitoring", "POST", url, headers, body, datetime.now(UTC))
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:  # noqa: S310
        answer.read()


def main() -> int:
    config: dict[str, Any] = json.loads(CONFIG.read_text()).get("metrics", {})
    kind = imds.text("meta-data/instance-type")
    identity, group = imds.text("meta-data/instance-id"), imds.text("meta-data/tags/instance/aws:autoscaling:groupName")
    dimensions = [{"AutoScalingGroupName": group}, {"AutoScalingGroupName": group, "InstanceId": identity}]
    wanted = config.get("metrics_collected", {})
    while True:
        values = {name: value for name, value in measured(kind).items() if name.partition("_")[0] in wanted}
        try:
            send(put_metric_data(config.get("namespace", "CWAgent"), values, dimensions))
        except OSError as error:
            print(f"metrics were not sent: {error}", flush=True)  # noqa: T201
        time.sleep(INTERVAL)
