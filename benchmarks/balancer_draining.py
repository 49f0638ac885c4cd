"""What leaving costs clients: a target that is drained and then stopped, against one that is just stopped.

    python -m benchmarks.balancer_draining [--requests 15000]

| figure                                                   | aim                        |
|----------------------------------------------------------|----------------------------|
| requests lost while one of four targets is drained       | 0 of 15,000 and more       |
| requests lost while one of four targets is just stopped  | some: else nothing is seen |
| from nothing to the first request answered               | ≤ 1 s and one check        |
| memory of one balancer (master and worker, PSS)          | ≤ 25 MB                    |
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rehearsal.balancer.model import Forward
from tests.rehearsal.balancer.hosts import Host
from tests.rehearsal.balancer.lab import GROUP, Lab, Load, balancer, eventually, free_port, group, listener, rules

NAMES = ("a", "b", "c", "d")


@contextmanager
def fleet() -> Iterator[tuple[Lab, list[Host], int]]:
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        lab, hosts = Lab(Path(directory) / "balancer"), [Host(name) for name in NAMES]
        began = time.monotonic()
        lab.run(balancer(listener(port, *rules(Forward(GROUP)))), groups=[group(*(host.target for host in hosts))])
        try:
            lab.until_healthy(*NAMES)
            print(f"four targets healthy after {time.monotonic() - began:.2f} s (a check every 0.25 s)")
            yield lab, hosts, port
        finally:
            lab.close()
            for host in hosts:
                host.stop()


def pss(pid: int) -> float:
    """Megabytes, shared pages divided among those who share them."""
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    return int(found[1]) / 1024 if found else 0.0


def leave(requests: int, *, drained: bool) -> tuple[int, int]:
    with fleet() as (lab, hosts, port):
        load = Load(port, clients=8)
        try:
            load.more(requests // 3)
            if drained:
                lab.change(group(*(host.target for host in hosts[1:]), delay=20))
                eventually(lambda: "a" not in lab.health())
            hosts[0].stop()
            load.more(max(0, requests - load.answers))
        finally:
            load.stop()
        haproxy = next(iter(lab.service.parts.values())).haproxy
        print(f"HAProxy: {pss(haproxy.pid) + pss(haproxy.admin.worker()):.1f} MB")
        return load.lost, load.answers


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=15_000)
    wanted = parser.parse_args().requests
    lost, answers = leave(wanted, drained=True)
    print(f"drained, then stopped: {lost} of {answers} lost: {'ok' if not lost else 'MISSED'}")
    lost, answers = leave(max(900, wanted // 10), drained=False)
    print(f"stopped:               {lost} of {answers} lost: {'seen' if lost else 'NOT SEEN'}")


if __name__ == "__main__":
    main()
