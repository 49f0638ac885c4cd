"""`python -m rehearsal.codedeploy`: the deployment service as a process."""

from __future__ import annotations

import argparse
import fcntl
import logging
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from .api import Service
from .engine.core import Engine
from .engine.plans import Tuning
from .engine.service import Loop
from .machine.state import Limits
from .ports import Ports
from .ports.detached import detached
from .server import Front, Server
from .store import StateUnusable, Store


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="rehearsal.codedeploy", description="CodeDeploy for hosts, on loopback.")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one, printed on stdout")
    parser.add_argument("--state", type=Path, required=True, help="the SQLite file that holds everything")
    parser.add_argument("--cloud", help="the rehearsal cloud's endpoint: instances, load balancers, alarms, topics")
    parser.add_argument("--region", default="ap-northeast-2")
    parser.add_argument("--account", default="123456789012")
    parser.add_argument("--time-scale", type=float, default=1.0, help="divides every duration that AWS defines")
    parser.add_argument("--silence", type=float, default=15.0, help="seconds after which a silent agent is dead")
    parser.add_argument("--absence", type=float, default=120.0, help="seconds that a booting agent may take to appear")
    parser.add_argument("--patience", type=float, default=0.5, help="seconds that an agent's poll waits for a command")
    parser.add_argument("--page-size", type=int, default=100)
    parser.add_argument("--verbose", action="store_true")
    chosen = parser.parse_args(argv)
    if chosen.time_scale <= 0:
        parser.error("--time-scale must be greater than 0")
    return chosen


def _ports(chosen: argparse.Namespace) -> Ports:
    if not chosen.cloud:
        return detached()
    from .ports.cloud import connect

    return connect(chosen.cloud, chosen.region)


def claim(state: Path) -> IO[str]:
    """Keep other processes from the state; the kernel gives it free when this one ends, however it ends."""
    state.parent.mkdir(parents=True, exist_ok=True)
    lock = state.with_name(state.name + ".lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise StateUnusable(f"another CodeDeploy is running on {state}; stop it, or name another --state.") from None
    return lock


def build(chosen: argparse.Namespace) -> tuple[Server, Loop]:
    limits = replace(Limits(), silence=chosen.silence, absence=chosen.absence)
    tuning = Tuning(limits, chosen.time_scale, chosen.region, chosen.account)
    engine = Engine(Store(chosen.state), _ports(chosen), time.time, tuning)
    loop = Loop.over(engine)
    front = Front(Service(engine, chosen.page_size), loop.agents, chosen.patience)
    return Server(chosen.port, front), loop


def main(argv: Sequence[str] | None = None) -> int:
    chosen = arguments(argv)
    logging.basicConfig(level=logging.DEBUG if chosen.verbose else logging.INFO, format="codedeploy: %(message)s")
    try:
        lock = claim(chosen.state)
        server, loop = build(chosen)
    except (StateUnusable, OSError) as error:
        sys.stderr.write(f"codedeploy: it cannot start: {error}\n")
        return 2
    with lock:
        return serve(server, loop)


def serve(server: Server, loop: Loop) -> int:
    """Until SIGTERM or SIGINT."""
    stop = threading.Event()

    def end(*_: object) -> None:
        stop.set()
        loop.engine.bell.set()
        threading.Thread(target=server.shutdown, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    worker = threading.Thread(target=loop.run, args=(stop,), name="loop", daemon=True)
    worker.start()
    sys.stdout.write(f"codedeploy: listening on http://127.0.0.1:{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.2)
    worker.join(timeout=5)
    server.server_close()
    loop.engine.store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
