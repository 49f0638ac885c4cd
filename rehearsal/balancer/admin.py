"""HAProxy's two sockets: the worker's for statistics and commands, the master's for workers that a reload left behind.

Sockets are reached through a descriptor of their directory: a path of any depth then fits into an address of 108 bytes.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
from pathlib import Path

from rehearsal.balancer.health import Seen, parse

PATIENCE = 5.0
ACCEPTED = ("New server registered.", "Server deleted.", "")


class Silent(OSError):
    """HAProxy does not answer: it is gone, or on its way."""


class Admin:
    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def ask(self, *commands: str) -> str:
        return "".join(self._ask("admin.sock", command) for command in commands)

    def tell(self, *commands: str) -> list[str]:
        """Commands, in order; what HAProxy objects to."""
        said = [(command, self.ask(command).strip()) for command in commands]
        return [f"{command}: {answer}" for command, answer in said if answer not in ACCEPTED]

    def seen(self) -> dict[tuple[str, str], Seen]:
        """Every target as this worker sees it."""
        return parse(self.ask("show stat -1 4 -1"))

    def left_behind(self) -> dict[tuple[str, str], int]:
        """Sessions that workers before the last reload still serve."""
        found: dict[tuple[str, str], int] = {}
        for pid in old_workers(self._master("show proc")):
            with contextlib.suppress(Silent):
                for key, seen in parse(self._master(f"@!{pid} show stat -1 4 -1")).items():
                    found[key] = found.get(key, 0) + seen.sessions
        return found

    def states(self) -> str:
        """What a reload is given, so that no target starts anew."""
        return self.ask("show servers state")

    def worker(self) -> int:
        """The pid of the worker that answers; 0 if none does."""
        with contextlib.suppress(Silent):
            if found := re.search(r"^Pid: (\d+)", self.ask("show info"), re.M):
                return int(found[1])
        return 0

    def _master(self, command: str) -> str:
        """Unlike a worker, the master waits for more until it is told that there is none."""
        return self._ask("master.sock", f"{command}\nquit")

    def _ask(self, name: str, command: str) -> str:
        try:
            directory = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
            try:
                return _exchange(f"/proc/self/fd/{directory}/{name}", command)
            finally:
                os.close(directory)
        except OSError as error:
            raise Silent(f"HAProxy in {self.directory} does not answer: {error}") from error


def _exchange(path: str, command: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(path)
        connection.sendall(command.encode() + b"\n")
        pieces = []
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces).decode(errors="replace")


def old_workers(shown: str) -> list[int]:
    """From `show proc`: the workers listed as old."""
    old = shown.partition("# old workers")[2].partition("# programs")[0]
    return [int(line.split()[0]) for line in old.splitlines() if line.strip() and line.split()[0].isdigit()]
