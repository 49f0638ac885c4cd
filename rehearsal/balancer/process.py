"""One HAProxy: started where its balancer lives, reloaded without losing a connection, ended by its pid.

A master watches one worker; when either dies the other ends too, so that a half of it never serves unnoticed. Its
record is on disk: whoever comes after a killed controller ends what that one had left.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from pipelines.errors import ExitCode, Failure
from rehearsal.balancer.admin import Admin
from rehearsal.balancer.render import Where
from rehearsal.processes import end, last_lines, start_of

PATIENCE = 10.0
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"        # where Debian keeps haproxy, and users' PATH often is not


class Haproxy:
    def __init__(self, directory: Path, where: Where) -> None:
        self.directory, self.where = directory, where
        self.admin = Admin(directory)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    @property
    def ending(self) -> str:
        """How it ended, for a person."""
        code = self.process.poll() if self.process else None
        if code is None:
            return "it runs"
        number = -code if code < 0 else code - 128
        known = {int(one): one.name for one in signal.Signals}
        return f"by {known[number]}" if number in known else f"with code {code}"

    def start(self, text: str) -> None:
        found = find()
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        end_recorded(self.directory)
        (self.directory / "haproxy.cfg").write_text(text)
        (self.directory / "states").write_text("1\n")
        for name in ("admin.sock", "master.sock"):
            (self.directory / name).unlink(missing_ok=True)
        with ((self.directory / "requests.log").open("ab") as requests,
              (self.directory / "haproxy.log").open("ab") as log):
            self.process = subprocess.Popen(
                [*self.where.prefix, found, "-W", "-S", "unix@master.sock", "-f", "haproxy.cfg"], cwd=self.directory,
                stdin=subprocess.DEVNULL, stdout=requests, stderr=log, start_new_session=True,
                pass_fds=tuple(self.where.sockets.values()))
        self._record()
        self._until_other_than(0)

    def reload(self, text: str) -> None:
        """States are handed over; a configuration that HAProxy refuses leaves the one that runs untouched."""
        assert self.process
        made = self.directory / "haproxy.cfg.new"
        made.write_text(text)
        checked = subprocess.run([find(), "-c", "-f", made.name], cwd=self.directory, capture_output=True, text=True,
                                 check=False, pass_fds=tuple(self.where.sockets.values()))
        if checked.returncode:
            raise Failure("HAProxy refuses a balancer's new configuration", why=checked.stderr.strip()[-1500:],
                          next=f"look at {made}")
        made.replace(self.directory / "haproxy.cfg")
        before = self.admin.worker()
        (self.directory / "states").write_text(self.admin.states())
        self.process.send_signal(signal.SIGUSR2)
        self._until_other_than(before)

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGTERM) if self.alive else None
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE)
            if self.alive:
                self.process.kill()
                self.process.wait()
        end_recorded(self.directory)

    def _record(self) -> None:
        (self.directory / "process.json").write_text(json.dumps({"pid": self.pid, "started": start_of(self.pid)}))

    def _until_other_than(self, before: int) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.alive:
            if self.admin.worker() not in (0, before):
                return
            time.sleep(0.01)
        why = complaints(self.directory / "haproxy.log") or f"it ended {self.ending}"
        if not before:
            self.stop()
        raise Failure("a balancer's HAProxy did not start" if not before else "a balancer's HAProxy did not reload",
                      why=why, next=f"look at {self.directory}/haproxy.cfg and haproxy.log")


def complaints(log: Path) -> str:
    """HAProxy's last alerts, without process ids: the same cause reads the same each time."""
    lines = re.findall(r"^\[ALERT\] *\(\d+\) : (.*)", last_lines(str(log), 20), re.M)
    return "; ".join(dict.fromkeys(line.removeprefix("config : ") for line in lines))


def find() -> str:
    found = shutil.which("haproxy", path=f"{os.environ.get('PATH', os.defpath)}:{SBIN}")
    if not found:
        raise Failure("balancers cannot run on this machine", why="haproxy is not installed",
                      next="apt-get install --no-install-recommends haproxy", exit_code=ExitCode.REFUSED)
    return found


def end_recorded(directory: Path) -> None:
    """End what an earlier controller had started here."""
    record = directory / "process.json"
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        known = json.loads(record.read_text())
        if known["started"] is not None and start_of(known["pid"]) == known["started"]:
            end(known["pid"])
    record.unlink(missing_ok=True)
