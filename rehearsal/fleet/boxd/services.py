"""What PID 1 knows of each unit that it has touched."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.fleet.boxd.journal import Journal
from rehearsal.fleet.boxd.supervisor import Supervisor
from rehearsal.fleet.boxd.unitfile import Unit

ABNORMAL = ("signal", "timeout", "watchdog", "core-dump")
RUNNING = ("active", "reloading")


@dataclass
class Service:
    unit: Unit
    active: str = "inactive"
    sub: str = "dead"
    result: str = "success"
    main: int = 0
    exit: int | None = None
    status: str = ""
    since: float = 0.0
    active_since: float = 0.0
    inactive_since: float = 0.0
    restarts: int = 0
    starts: list[float] = field(default_factory=list)
    restart_at: float | None = None
    link: socket.socket | None = None
    supervisor: int = 0
    ending: bool = False            # by a job, so that nothing restarts it
    condition: bool = True
    left: bool = False              # its supervisor ended because there was nothing left to watch
    heard: bytes = b""

    def become(self, state: str, now: float, sub: str = "") -> None:
        if state in RUNNING and self.active not in RUNNING:
            self.active_since = now
        if state in ("inactive", "failed"):
            self.inactive_since = now
        if state != self.active:
            self.since = now
        self.active = state
        self.sub = sub or {"active": "running", "inactive": "dead", "failed": "failed", "activating": "start",
                           "deactivating": "stop-sigterm", "reloading": "reload"}[state]

    def tell(self, **what: Any) -> bool:
        if self.link is None:
            return False
        try:
            self.link.sendall(json.dumps(what).encode() + b"\n")
        except OSError:
            return False
        return True

    def is_limited(self, now: float) -> bool:
        """Counts a start; true when there were too many of them lately."""
        section = "Unit" if self.unit.one("Unit", "StartLimitBurst") else "Service"
        burst = int(self.unit.one(section, "StartLimitBurst", "5"))
        old_name = self.unit.span("Service", "StartLimitInterval", 10.0)
        interval = self.unit.span("Unit", "StartLimitIntervalSec", old_name)
        self.starts = [moment for moment in self.starts if now - moment < interval]
        if interval and burst and len(self.starts) >= burst:
            return True
        self.starts.append(now)
        return False

    def wants_restart(self) -> bool:
        policy = self.unit.one("Service", "Restart", "no")
        failed = self.result != "success"
        if self.exit is not None and str(self.exit) in self.unit.names("RestartPreventExitStatus", "Service"):
            return False
        return (policy == "always" or (policy == "on-success" and not failed) or (policy == "on-failure" and failed)
                or (policy in ("on-abnormal", "on-abort") and self.result in ABNORMAL))

    def missing_condition(self) -> str:
        """The first ConditionPath…= that does not hold."""
        for key, holds in CONDITIONS.items():
            for told in self.unit.all("Unit", key):
                path = told.lstrip("|!")
                if holds(Path(path)) == ("!" in told[:2]):
                    return f"{key}={told}"
        return ""

    def launch(self, journal: Journal, base: Mapping[str, str]) -> socket.socket:
        """Its supervisor, as a child that shares nothing of PID 1 but the journal."""
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if not pid:
            os.setsid()
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            _close_all_but(theirs.fileno(), journal.fd)
            Supervisor(self.unit, theirs, journal, base).run()
        theirs.close()
        self.link, self.supervisor, self.heard, self.left = ours, pid, b"", False
        return ours


CONDITIONS: dict[str, Callable[[Path], bool]] = {
    "ConditionPathExists": Path.exists, "ConditionPathIsDirectory": Path.is_dir,
    "ConditionFileNotEmpty": lambda path: path.is_file() and path.stat().st_size > 0,
    "ConditionPathIsSymbolicLink": Path.is_symlink,
    "ConditionDirectoryNotEmpty": lambda path: path.is_dir() and any(path.iterdir()),
}


def _close_all_but(*kept: int) -> None:
    for fd in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        if fd > 2 and fd not in kept:
            with contextlib.suppress(OSError):
                os.close(fd)
