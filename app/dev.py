"""`make app`: the application alone, on SQLite, with three years of generated figures. Ctrl-C ends all of it.

The figures come through the real collectors, from the fake portals; only the first start has to wait for that.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path

import django

from app.fakes.door import PortalDoor
from app.fakes.figures import Figures
from app.fakes.portals import Portals
from app.fakes.server import addresses, keys, served
from app.was.collect.schedule import SEOUL
from app.was.errors import Problem, told

ROOT = Path(__file__).resolve().parent.parent
DAYS = 3 * 365
STARTED_WITHIN = 20.0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.dev", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="0: any free port")
    parser.add_argument("--directory", type=Path, default=ROOT / "build" / "app", help="where the database is kept")
    parser.add_argument("--days", type=int, default=DAYS, help="days of figures that the first start generates")
    return parser.parse_args()


def today() -> date:
    return datetime.now(UTC).astimezone(SEOUL).date()


def free_port(wanted: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except (OSError, OverflowError) as cause:
            raise Problem(f"port {wanted} cannot be used", why=str(cause), next="python -m app.dev --port 0",
                          exit_code=2) from None
        return int(probe.getsockname()[1])


def prepare(portals: Portals, days: int) -> None:
    """Schema and figures: all of it the first time, what is new since then the next."""
    from django.conf import settings

    from app.was.collect.run import SOURCES, Collecting, last_day
    from app.was.migrate import migrate

    migrate()
    first = last_day("korea") is None
    if first:
        say(f"generating {days} days of figures …")
    collecting = Collecting(door=PortalDoor(portals), environment=settings.ENVIRONMENT, clock=lambda: datetime.now(UTC))
    outcomes = collecting.run(list(SOURCES), if_due=not first, days=days if first else None)
    for outcome in outcomes:
        if outcome.outcome == "failed":
            raise Problem(f"{outcome.source}: no figures", why=outcome.message, next="rm -r build/app, then again")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def gunicorn(port: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "COKO_BIND": f"127.0.0.1:{port}", "COKO_WORKERS": "1", "COKO_LOG_LEVEL": "warning"}
    command = [sys.executable, "-m", "gunicorn", "-c", "app/was/gunicorn_conf.py", "app.was.project.wsgi:application"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise Problem("the application did not start", why="gunicorn ended or does not listen; its words are above",
                  next="python -m app.dev --port 0")


def run(given: argparse.Namespace) -> int:
    port = free_port(given.port)
    os.chdir(ROOT)
    given.directory.mkdir(parents=True, exist_ok=True)
    portals = Portals(Figures(), today=today)
    with ExitStack() as stack:
        base = stack.enter_context(served(portals))
        os.environ |= {"DJANGO_SETTINGS_MODULE": "app.was.project.settings", **addresses(base), **keys(portals),
                       "COKO_DATABASE_FILE": str(given.directory.absolute() / "coko.sqlite3")}
        django.setup()
        prepare(portals, given.days)
        process = gunicorn(port)
        stack.callback(stop, process)
        wait_for(port, process)
        say(f"COKO is at http://127.0.0.1:{port}/   (Ctrl-C to stop)")
        # Both, since a shell starts what it runs in the background with SIGINT ignored.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.default_int_handler)
        return process.wait()


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    process.wait()


def main() -> int:
    try:
        return told(lambda: run(arguments()))
    finally:
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
