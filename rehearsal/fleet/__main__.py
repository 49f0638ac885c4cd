"""`python -m rehearsal.fleet --endpoint URL --state DIR`: the fleet of that cloud, until SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from pipelines.errors import Failure

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.fleet", description=__doc__)
    parser.add_argument("--endpoint", required=True, metavar="URL", help="the rehearsal's cloud")
    parser.add_argument("--region", default="ap-northeast-2")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="images, disks of boxes, fleet.json")
    arguments = parser.parse_args(argv)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        run(arguments.endpoint, arguments.region, arguments.state.resolve(), stopping)
    except Failure as failure:
        sys.stderr.write(f"{failure.what}\n  why:  {failure.why}\n  next: {failure.next}\n")
        return int(failure.exit_code)
    return 0


def run(endpoint: str, region: str, state: Path, stopping: threading.Event) -> None:
    from rehearsal.fleet import ami, ns
    from rehearsal.fleet.cloud import wait_for
    from rehearsal.fleet.controller import Controller
    from rehearsal.fleet.machine import Machine
    ns.demand()
    cloud = wait_for(endpoint, region)
    machine = Machine(state, ami.bake(state / "images", REPOSITORY), endpoint, cloud.credentials, cloud.tell)
    Controller(cloud, machine).run(stopping)


if __name__ == "__main__":
    sys.exit(main())
