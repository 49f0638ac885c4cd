"""The rehearsal's processes: started so that they outlive the command, found again after a kill, ended for sure.

A process is known by its pid and the moment it started, so that a pid that was used again is never taken for it. What a
killed command started but never wrote down is found by its exact command line, in which our state directory stands.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rehearsal.home import REPOSITORY, Home

PROC = Path("/proc")
LEDGER = "processes.json"
PATIENCE = 10.0         # seconds between "please end" and "end"


@dataclass(frozen=True)
class Process:
    name: str
    pid: int
    started: int            # clock ticks since boot, as the kernel counts them
    port: int
    log: str
    since: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        return start_of(self.pid) == self.started


def start_of(pid: int) -> int | None:
    """When the process started; None if there is none, or only its remains."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def recorded(home: Home) -> dict[str, Process]:
    found: dict[str, Process] = {}
    for name, row in home.read(LEDGER).items():
        with contextlib.suppress(TypeError):        # a ledger from another version is no ledger
            found[name] = Process(**row)
    return found


def record(home: Home, processes: Mapping[str, Process]) -> None:
    home.write(LEDGER, {name: asdict(process) for name, process in processes.items()})


def start(home: Home, name: str, arguments: Sequence[str], port: int) -> Process:
    """Start `python arguments…` in a session of its own, and write it down."""
    log = home.log(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        child = subprocess.Popen([sys.executable, *arguments], cwd=REPOSITORY, env=environment(),
                                 stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    process = Process(name, child.pid, start_of(child.pid) or 0, port, str(log), time.time())
    record(home, {**recorded(home), name: process})
    return process


def environment() -> dict[str, str]:
    """Without the user's AWS settings: nothing of a rehearsal may find its way to an account."""
    foreign = ("AWS_", "PULUMI_", "MOTO_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(foreign) and "PROXY" not in k.upper()}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "PYTHONUNBUFFERED": "1",
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def strays(module: str, state: Path) -> list[int]:
    """Processes of ours by their command line: that module, with that state directory."""
    found = []
    for path in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (path / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if module in words and str(state) in words and start_of(int(path.name)) is not None:
                found.append(int(path.name))
    return sorted(found)


def end(*pids: int, patience: float = PATIENCE) -> None:
    """Ask them to end, all at once; make those that do not."""
    began = {pid: start_of(pid) for pid in pids}
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        for pid in _left(began):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while _left(began) and time.monotonic() < deadline:
            time.sleep(0.02)


def _left(began: Mapping[int, int | None]) -> list[int]:
    for pid in began:
        _reap(pid)
    return [pid for pid, start in began.items() if start is not None and start_of(pid) == start]


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def free_port(wanted: int | None = None) -> int:
    """The wanted port if it is free, else one that is."""
    for port in ([wanted] if wanted else []) + [0]:
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def last_lines(log: str, count: int = 12) -> str:
    try:
        return "\n".join(Path(log).read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def port_user(port: int) -> str | None:
    """Who listens on a loopback port, as far as we may see."""
    inodes = _listening(port)
    for path in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(str(fd.readlink()) in inodes for fd in (path / "fd").iterdir()):
                command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"process {path.name} ({command[:80]})"
    return "another user's process" if inodes else None


def _listening(port: int) -> set[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in (PROC / "net" / table).read_text().splitlines()[1:]:
                fields: list[Any] = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return found
