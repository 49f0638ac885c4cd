"""PID 1 of a box: the loop, the control socket, the end."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from rehearsal.fleet.boxd import processes, requests
from rehearsal.fleet.boxd.engine import Engine
from rehearsal.fleet.boxd.journal import SYSTEM, Journal
from rehearsal.fleet.boxd.unitfile import UnitFiles, parsed
from rehearsal.fleet.boxd.words import assignments

SOCKET = "/run/systemd/boxd.sock"
SYSLOG = "/dev/log"
REBOOT = 75             # the exit code that asks for another boot
DEFAULTS = ("/etc/systemd/system.conf.d/rehearsal.conf",)
PATIENCE = 20.0         # for services to end with the box
FOREVER = 3600.0


class Manager:
    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.journal = Journal()
        self.engine = Engine(UnitFiles(), self.journal, default_environment(), self.selector)
        self.code: int | None = None
        self.since_end = 0.0

    def run(self) -> NoReturn:
        self._listen()
        self.journal.write(SYSTEM, "systemd[1]", f"{os.uname().nodename} boots")
        gc.freeze()             # supervisors are forks: what they never touch stays shared
        self.engine.ask("start", "default.target")
        while not self._over():
            self._wait()
            processes.reaped()         # orphans of the box fall to PID 1
            self.engine.tick()
        self.journal.write(SYSTEM, "systemd[1]", f"{os.uname().nodename} ends")
        os._exit(self.code or 0)

    def end(self, code: int) -> None:
        if self.code is None:
            self.code, self.since_end = code, self.engine.clock()
            self.engine.shut_down()

    def _over(self) -> bool:
        late = self.engine.clock() - self.since_end > PATIENCE
        return self.code is not None and (self.engine.is_quiet or late)

    def _wait(self) -> None:
        due, now = self.engine.due(), self.engine.clock()
        pause = min(FOREVER if due is None else max(due - now, 0.0), 1.0 if self.code is not None else FOREVER)
        for key, _ in self.selector.select(pause):
            key.data()

    def _listen(self) -> None:
        wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGPWR):
            signal.signal(number, lambda *_: self.end(0))
        self.selector.register(wake, selectors.EVENT_READ, lambda: os.read(wake, 4096))
        Path(SOCKET).parent.mkdir(parents=True, exist_ok=True)
        Path("/run/systemd/system").mkdir(exist_ok=True)       # what sd_booted() looks for
        control = _bound(socket.SOCK_STREAM, SOCKET, 0o666)
        control.listen(64)
        self.selector.register(control, selectors.EVENT_READ, lambda: self._accept(control))
        log = _bound(socket.SOCK_DGRAM, SYSLOG, 0o666)
        self.selector.register(log, selectors.EVENT_READ, lambda: self._syslog(log))

    def _accept(self, control: socket.socket) -> None:
        client, _ = control.accept()
        client.settimeout(1.0)
        self.selector.register(client, selectors.EVENT_READ, lambda: self._request(client))

    def _request(self, client: socket.socket) -> None:
        self.selector.unregister(client)

        def reply(**what: Any) -> None:
            with contextlib.suppress(OSError), client:
                client.sendall(json.dumps(what).encode() + b"\n")
        try:
            uid = int.from_bytes(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[4:8], "little")
            asked = json.loads(client.makefile().readline())
        except (OSError, ValueError):
            client.close()
            return
        requests.answer(self.engine, asked, uid == 0, reply, self.end)

    def _syslog(self, log: socket.socket) -> None:
        text = log.recv(65536).decode(errors="replace").rstrip("\0\n")
        _, _, text = text.rpartition(">") if text.startswith("<") and text.find(">") < 6 else ("", "", text)
        head, _, message = text[16:].partition(": ")
        self.journal.write(SYSTEM, head or "syslog", message or text)


def _bound(kind: int, path: str, mode: int) -> socket.socket:
    bound = socket.socket(socket.AF_UNIX, kind | socket.SOCK_CLOEXEC)
    Path(path).unlink(missing_ok=True)
    bound.bind(path)
    Path(path).chmod(mode)
    return bound


def default_environment() -> dict[str, str]:
    """What every service gets: DefaultEnvironment=."""
    found: dict[str, str] = {}
    for path in map(Path, DEFAULTS):
        if path.exists():
            for line in parsed(path.read_text()).get("Manager", {}).get("DefaultEnvironment", []):
                found |= assignments(line)
    return found


def main() -> NoReturn:
    if os.getpid() != 1:
        sys.stderr.write("boxd is the first process of a box, and this is not one: use systemctl\n")
        sys.exit(1)
    Manager().run()
