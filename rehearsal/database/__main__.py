"""`python -m rehearsal.database --endpoint URL --state DIR`: the rehearsal's databases, on loopback, until SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from pathlib import Path

from pipelines.errors import Failure
from rehearsal.database import local, service, template
from rehearsal.database.api import Api
from rehearsal.database.hands import Doors
from rehearsal.database.tls import Authority


def say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
    sys.stderr.flush()


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.database", description=__doc__)
    parser.add_argument("--endpoint", help="of the rehearsal's cloud")
    parser.add_argument("--region", default="ap-northeast-2")
    parser.add_argument("--state", type=Path, required=True, help="directory of the servers and what is known of them")
    parser.add_argument("--flip-delay", type=float, default=0.0, metavar="SECONDS",
                        help="the name follows a failover so much later; on RDS it is one to two minutes")
    parser.add_argument("--down", action="store_true", help="end every server, remove every file")
    parser.add_argument("--reboot", metavar="INSTANCE", help="reboot it, by the process that looks after it")
    parser.add_argument("--failover", action="store_true", help="with --reboot: to its standby")
    arguments = parser.parse_args(argv)
    try:
        return _run(arguments, arguments.state.resolve())
    except Failure as failure:
        say(f"{failure.what}: {failure.why}; next: {failure.next}")
        return int(failure.exit_code)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    if arguments.down:
        service.down(root)
        return 0
    if arguments.reboot:
        service.ask_reboot(root, arguments.reboot, failover=arguments.failover)
        return 0
    if not arguments.endpoint:
        say("--endpoint is missing: where does the cloud answer?")
        return 2
    doors = Doors(template.ensure(root), Authority(root / "ca").ensure(), local.NamesInFile(root / "names.json"),
                  local.Loopback(root), say, flip_delay=arguments.flip_delay)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    service.Service(root, Api(arguments.endpoint, arguments.region), doors).run(stopping)
    return 0


if __name__ == "__main__":
    sys.exit(main())
