"""What a supervisor waits for: ends of processes, output, readiness, and what PID 1 tells it."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rehearsal.fleet.boxd import processes
from rehearsal.fleet.boxd.journal import Journal, Lines
from rehearsal.fleet.boxd.unitfile import Unit
from rehearsal.fleet.boxd.words import FOREVER

LOOK_AGAIN = 1.0        # seconds: a main process that is nobody's child of ours ends without a signal


class StopAskedError(Exception):
    """PID 1 wants this service to end."""


class FailedError(Exception):
    """The service did not start, or ended badly; the text is systemd's word for how."""


class Events:
    def __init__(self, unit: Unit, link: socket.socket, journal: Journal) -> None:
        self.unit, self.link, self.journal = unit, link, journal
        self.lines = Lines(journal, unit.name)
        self.exits: dict[int, int] = {}
        self.main = 0
        self.ready = self.stopping = self.reloading = False
        self.heard = b""
        self.deadline = FOREVER
        self.output = -1
        self.selector = selectors.DefaultSelector()

    def listen(self) -> None:
        processes.control(processes.PR_SET_CHILD_SUBREAPER, 1)
        processes.control(processes.PR_SET_NAME, self.unit.name.encode()[:15])
        wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.selector.register(wake, selectors.EVENT_READ, lambda: os.read(wake, 4096))
        self.selector.register(self.link, selectors.EVENT_READ, self._told)

    def pipe(self) -> int:
        read, write = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(read, False)

        def heard() -> None:
            with contextlib.suppress(BlockingIOError):
                self.lines.feed(f"{self._called()}[{self.main or os.getpid()}]", os.read(read, 65536))
        self.selector.register(read, selectors.EVENT_READ, heard)
        self.output = read
        return write

    def _called(self) -> str:
        told = self.unit.one("Service", "SyslogIdentifier")
        first = (self.unit.all("Service", "ExecStart") or ["?"])[0].lstrip("-@+!:").split()[0]
        return told or Path(first).name

    def notify_socket(self) -> str:
        path = f"/run/systemd/notify-{os.getpid()}"
        with contextlib.suppress(FileNotFoundError):
            Path(path).unlink()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self.notify.bind(path)
        Path(path).chmod(0o777)     # the service may run as anybody
        self.selector.register(self.notify, selectors.EVENT_READ, self._notified)
        return path

    def say(self, **what: Any) -> None:
        with contextlib.suppress(OSError):
            self.link.sendall(json.dumps(what).encode() + b"\n")

    def note(self, text: str) -> None:
        self.journal.write(self.unit.name, "systemd[1]", text)

    def _notified(self) -> None:
        for line in self.notify.recv(4096).decode(errors="replace").splitlines():
            key, _, value = line.partition("=")
            if key == "READY":
                self.ready = True
            elif key == "MAINPID" and value.isdigit():
                self.main = int(value)
            elif key == "STATUS":
                self.say(status=value)

    def _told(self) -> None:
        data = self.link.recv(65536)
        if not data:
            os._exit(1)             # PID 1 has ended, and everything with it
        *lines, self.heard = (self.heard + data).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if told["do"] == "stop":
                self.stopping = True
            elif told["do"] == "reload":
                self.reloading = True
            elif told["do"] == "kill":
                self._kill(told["signal"], told["whom"])

    def _kill(self, number: int, whom: str) -> None:
        processes.send([self.main] if whom == "main" and self.main else processes.descendants(os.getpid()), number)

    def wait(self, until: Callable[[], bool], *, stoppable: bool = True, again: float = LOOK_AGAIN) -> bool:
        """False when the deadline came first."""
        while True:
            self.exits |= processes.reaped()
            if until():
                return True
            if stoppable and self.stopping:
                raise StopAskedError
            left = self.deadline - time.monotonic()
            if left <= 0:
                return False
            for key, _ in self.selector.select(min(left, again)):
                key.data()

    def drain(self) -> None:
        """What the service wrote before it ended."""
        while events := [key for key, _ in self.selector.select(0) if key.fileobj == self.output]:
            for key in events:
                key.data()
        self.lines.end()

    def within(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds if seconds else FOREVER
