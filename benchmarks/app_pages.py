"""How fast the dashboard is: `python -m benchmarks.app_pages [--json]`.

Real MariaDB, gunicorn and nginx, three years of figures.

| figure                                              | budget             |
|-----------------------------------------------------|--------------------|
| overview not in the cache, p95, one worker          | ≤ 25 ms            |
| overview out of the cache, one worker               | ≥ 400 pages/s      |
| static file by nginx, against the overview uncached | ≥ 10 ×             |

Exit code 1 if a budget is missed. Needs Debian's mariadb-server, nginx-light and wrk.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.fakes.figures import Figures
from app.fakes.portals import Portals
from app.fakes.server import addresses, keys, served
from app.was.collect.schedule import SEOUL
from app.web.manifest import files, manifest
from tests.app import nginx, servers

DAYS = 3 * 365
PAGES = 300             # uncached pages of a round, each for a day of its own: more than the cache keeps
ROUNDS = 5
SECONDS = 6
BUDGETS = {"uncached_p95_ms": ("≤", 25.0), "uncached_all_p95_ms": ("≤", 25.0), "cached_per_second": ("≥", 400.0),
           "static_times_dynamic": ("≥", 10.0)}


def filled(stack: ExitStack, directory: Path) -> dict[str, str]:
    """Variables of a database that holds three years, brought there by the collectors."""
    server = stack.enter_context(servers.mariadb(directory / "mariadb"))
    server.execute("CREATE DATABASE bench")
    portals = Portals(Figures(), today=lambda: datetime.now(UTC).astimezone(SEOUL).date())
    base = stack.enter_context(served(portals))
    variables = {**server.variables("bench"), **addresses(base), **keys(portals), "COKO_LOG_LEVEL": "warning"}
    for command in (("app.was.migrate",), ("app.was.collect", "korea", "--days", "1000"),
                    ("app.was.collect", "seoul", "--days", "1000"), ("app.was.collect", "news")):
        done = servers.run(command[0], *command[1:], variables=variables)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
    return variables


def latencies(port: int, query: str) -> list[float]:
    """Milliseconds, one request after the other on one connection, each for another day: the cache has none of them."""
    connection, today, found = http.client.HTTPConnection("127.0.0.1", port), datetime.now(UTC).date(), []
    for back in range(PAGES + 10):
        day = today - timedelta(days=3 + back)
        started = time.perf_counter()
        connection.request("GET", f"/?day={day}{query}")
        answer = connection.getresponse()
        answer.read()
        found.append((time.perf_counter() - started) * 1000)
        assert answer.status == 200, answer.status
    return found[10:]


def quietest(port: int, query: str) -> list[float]:
    """The best of some rounds: other work on this machine makes pages slower, nothing makes them faster."""
    return min((latencies(port, query) for _ in range(ROUNDS)), key=p95)


def processor_seconds(port: int) -> float:
    """What gunicorn's processes on this port have used: other work on the machine does not count."""
    mine = f"COKO_BIND=127.0.0.1:{port}\0".encode()
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mine in (process / "environ").read_bytes():
                ticks += sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:13]))
        except OSError:
            continue        # ended meanwhile, or another user's
    return ticks / os.sysconf("SC_CLK_TCK")


def rate(url: str, connections: int = 8) -> float:
    """Requests a second; any that was not answered well ends the benchmark."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", url]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Non-2xx" not in told.stdout, told.stdout
    assert "Socket errors" not in told.stdout, told.stdout
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", told.stdout)[0])


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def measured(directory: Path) -> dict[str, float]:
    with ExitStack() as stack:
        (directory / "mariadb").mkdir()
        port = stack.enter_context(servers.gunicorn(filled(stack, directory), directory))
        site = nginx.WebHost(directory)
        site.release("bench", f"127.0.0.1:{port}")
        web = stack.enter_context(nginx.started(site))
        before = processor_seconds(port)
        usual, whole = quietest(port, ""), quietest(port, "&range=all")
        used = (processor_seconds(port) - before) * 1000 / (2 * ROUNDS * (PAGES + 10))
        static = rate(f"{web}/static/{manifest(files())['coko.css']}")
        cached, through = rate(f"http://127.0.0.1:{port}/"), rate(web)
        uncached = 1000 / statistics.mean(usual)
        return {
            "uncached_processor_ms": used,
            "uncached_median_ms": statistics.median(usual),
            "uncached_p95_ms": p95(usual),
            "uncached_all_p95_ms": p95(whole),
            "uncached_per_second": uncached,
            "cached_per_second": cached,
            "cached_through_nginx_per_second": through,
            "static_per_second": static,
            "static_times_dynamic": static / uncached,
        }


def missed(found: dict[str, float]) -> list[str]:
    return [f"{name} is {found[name]:.1f}, should be {sign} {limit:g}" for name, (sign, limit) in BUDGETS.items()
            if (found[name] > limit if sign == "≤" else found[name] < limit)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.app_pages", description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    if not shutil.which("wrk"):
        sys.stderr.write("error: wrk is missing\n  why:  it makes the load\n  next: sudo apt-get install -y wrk\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="coko-bench-") as directory:
        found = measured(Path(directory))
    for line in [json.dumps(found)] if as_json else [f"{name:34} {value:10.1f}" for name, value in found.items()]:
        print(line)
    for line in missed(found):
        print(f"MISSED: {line}", file=sys.stderr)
    return 1 if missed(found) else 0


if __name__ == "__main__":
    sys.exit(main())
