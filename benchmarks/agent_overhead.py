"""What the agent itself costs a lifecycle event: `python -m benchmarks.agent_overhead [EVENTS]`.

A real agent process polls a service on the loopback, which orders the next event the moment the last one is reported.
Three kinds of event are timed from the order to the report: one with nothing to run, one that runs `true`, and a
download with an installation of a hundred files. The bare cost of starting `true` is shown beside them.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.rehearsal.agent.fake_service import FakeService, serving
from tests.rehearsal.agent.host import HEAD, Host, files, hooks, spec_of

FILES = 100
BUDGET_MS = 50.0


def revision(host: Host) -> dict[str, object]:
    appspec = HEAD + files(("app", "@dest")) + hooks("AfterInstall", "s.sh", timeout=60)
    host.revision({"appspec.yml": appspec, "s.sh": "#!/bin/true\n"})
    return spec_of(host.revision({f"app/{number}": "x" * 1000 for number in range(FILES)}))


def milliseconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) * 1000


class Orders:
    """Orders one event after another and waits for each report."""

    def __init__(self, service: FakeService, spec: dict[str, object]) -> None:
        self.service, self.spec, self.count = service, spec, 0

    def event(self, name: str, **fields: object) -> None:
        self.count += 1
        self.service.order(name, self.spec | fields, f"c-{self.count}")
        status, said = self.service.reports(self.count)[f"c-{self.count}"]
        assert status == "Succeeded", said


def start(host: Host, service: FakeService) -> subprocess.Popen[bytes]:
    arguments = ["--root", str(host.root), "--endpoint", service.endpoint, "--instance-id", "i-1"]
    command = [sys.executable, "-m", "rehearsal.agent", "run", *arguments]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def measure(host: Host, service: FakeService, count: int) -> dict[str, list[float]]:
    orders = Orders(service, revision(host))
    orders.event("DownloadBundle")
    return {
        "nothing to run": [milliseconds(lambda: orders.event("BeforeInstall")) for _ in range(count)],
        "one hook (true)": [milliseconds(lambda: orders.event("AfterInstall")) for _ in range(count)],
        f"Install, {FILES} files": [milliseconds(lambda: orders.event("Install")) for _ in range(count)],
        "(starting true)": [milliseconds(lambda: subprocess.run(["/bin/true"], check=True)) for _ in range(count)],
    }


def main(count: int) -> int:
    with tempfile.TemporaryDirectory() as place, serving() as service:
        host = Host(Path(place))
        agent = start(host, service)
        try:
            measured = measure(host, service, count)
        finally:
            agent.kill()
            agent.wait()
    for name, times in measured.items():
        worst = statistics.quantiles(times, n=20)[-1]
        print(f"{name:20} median {statistics.median(times):6.1f} ms   95 % {worst:6.1f} ms   of {len(times)}")
    within = statistics.median(measured["one hook (true)"]) <= BUDGET_MS
    print(f"budget {BUDGET_MS:.0f} ms per event: {'kept' if within else 'BROKEN'}")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
