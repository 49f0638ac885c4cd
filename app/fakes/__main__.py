"""`python -m app.fakes`: the portals as a server process; prints what to tell the application, ends with
SIGTERM or Ctrl-C.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import UTC, date, datetime

from app.fakes.figures import Figures
from app.fakes.portals import Portals
from app.fakes.server import addresses, keys, listening
from app.was.collect.schedule import SEOUL
from app.was.errors import Problem, told


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m app.fakes", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090, help="0: any free port")
    parser.add_argument("--seed", type=int, default=1, help="other figures")
    parser.add_argument("--today", type=date.fromisoformat, help="a fixed day instead of the real one")
    return parser.parse_args()


def serve(given: argparse.Namespace) -> int:
    portals = Portals(Figures(given.seed), today=lambda: given.today or datetime.now(UTC).astimezone(SEOUL).date())
    try:
        server = listening(portals, given.host, given.port)
    except OSError as cause:
        raise Problem(f"port {given.port} cannot be used", why=str(cause), next="python3 -m app.fakes --port 0",
                      exit_code=2) from None
    base = f"http://{given.host}:{server.server_address[1]}"
    for name, value in {**addresses(base), **keys(portals)}.items():
        sys.stdout.write(f"{name}={value}\n")
    sys.stdout.flush()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.2)
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(told(lambda: serve(arguments())))
