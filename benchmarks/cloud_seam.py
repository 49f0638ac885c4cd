"""What the rehearsal's cloud costs over plain moto: starting, answering, remembering. `python -m benchmarks.cloud_seam`

Both servers run in this one measurement and take turns, call by call, so that the ratio means something on a busy
machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from rehearsal import processes

ROUNDS, CALLS = 5, 60
KEYS = {"region_name": "ap-northeast-2", "aws_access_key_id": "rehearsal", "aws_secret_access_key": "rehearsal"}


@contextmanager
def server(*words: str, health: str) -> Iterator[tuple[str, float, int]]:
    """Its endpoint, the seconds until it answered, and its pid."""
    port = processes.free_port()
    began = time.monotonic()
    child = subprocess.Popen([sys.executable, "-m", *words, "--port" if "moto" not in words[0] else "-p", str(port)],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ})
    endpoint = f"http://127.0.0.1:{port}"
    try:
        while not _answers(endpoint + health):
            time.sleep(0.01)
        yield endpoint, time.monotonic() - began, child.pid
    finally:
        child.terminate()
        child.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def cloud(state: Path) -> Any:
    return server("rehearsal.cloud", "--state", str(state), health="/_rehearsal/health")


def moto() -> Any:
    return server("moto.server", health="/moto-api/")


def clients(endpoint: str) -> dict[str, Callable[[], object]]:
    def client(name: str) -> Any:
        make: Callable[..., Any] = boto3.client
        return make(name, endpoint_url=endpoint, config=Config(retries={"max_attempts": 0}), **KEYS)
    ec2, ssm = client("ec2"), client("ssm")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")
    ssm.put_parameter(Name="/a", Value="1", Type="String")
    return {
        "DescribeSubnets (passes through)": ec2.describe_subnets,
        "DescribeSecurityGroupRules (moto's, completed by ours)": ec2.describe_security_group_rules,
        "GetParameter (moto's, looked at by ours)": lambda: ssm.get_parameter(Name="/a"),
    }


def each(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def resident(pid: int) -> int:
    return next(int(line.split()[1]) // 1024 for line in Path(f"/proc/{pid}/status").read_text().splitlines()
                if line.startswith("VmRSS"))


def median(values: list[float]) -> float:
    return statistics.median(values)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        state = Path(directory) / "state"
        starts: dict[str, list[float]] = {"moto's server": [], "the cloud, empty": [], "the cloud, with its memory": []}
        with cloud(state) as (endpoint, _, pid):
            clients(endpoint)
        for number in range(ROUNDS):
            for name, made in (("moto's server", moto()), ("the cloud, empty", cloud(Path(directory) / f"s{number}")),
                               ("the cloud, with its memory", cloud(state))):
                with made as (_, seconds, _pid):
                    starts[name].append(seconds)
        print(f"start to first answer, median of {ROUNDS}")
        for name, seconds in starts.items():
            print(f"  {name:<55} {median(seconds):6.2f} s")
        with moto() as (plain, _, plain_pid), cloud(Path(directory) / "calls") as (ours, _, pid):
            theirs, mine = clients(plain), clients(ours)
            times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in theirs}
            for _ in range(CALLS):
                for name, (before, after) in times.items():
                    before.append(each(theirs[name]))
                    after.append(each(mine[name]))
            print(f"one call, median of {CALLS}, boto3's own work included{'moto':>15}{'cloud':>8}{'ratio':>7}")
            for name, (before, after) in times.items():
                a, b = median(before), median(after)
                print(f"  {name:<55} {a:6.2f} {b:6.2f} ms {b / a:5.2f}")
            print(f"memory: moto {resident(plain_pid)} MB, cloud {resident(pid)} MB")
            time.sleep(1)
            print(f"snapshot: {(Path(directory) / 'calls' / 'memory.pickle').stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
