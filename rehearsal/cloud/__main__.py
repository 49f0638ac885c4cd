"""`python -m rehearsal.cloud --port N --state DIR`: the rehearsal's AWS, until SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from rehearsal.cloud.upstream import settle_environment


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.cloud", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="loopback port; 0 picks a free one")
    parser.add_argument("--state", type=Path, required=True, help="directory for what the cloud remembers")
    parser.add_argument("--codedeploy", metavar="URL", help="CodeDeploy's own process; moto's if none")
    arguments = parser.parse_args(argv)
    settle_environment()
    from rehearsal.cloud.server import Cloud  # imports moto, which reads the environment
    try:
        cloud = Cloud(arguments.state, arguments.port, arguments.codedeploy)
    except OSError as error:
        print(f"the cloud cannot start on port {arguments.port}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=cloud.stop).start())
    print(cloud.endpoint, flush=True)  # noqa: T201
    cloud.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
