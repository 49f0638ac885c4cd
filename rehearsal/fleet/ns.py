"""Namespaces: what is missing to make them, how to run in them, sockets that are made in them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.errors import ExitCode, Failure

CLONE_NEWNET = 0x40000000
TOOLS = {"unshare": "util-linux", "nsenter": "util-linux", "setpriv": "util-linux", "ip": "iproute2",
         "nft": "nftables", "/usr/bin/python3": "python3", "nginx": "nginx-light", "curl": "curl"}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def demand(user: int | None = None, find: Callable[..., str | None] = shutil.which) -> None:
    """Refuses, with what to do, where boxes cannot be made."""
    if (os.geteuid() if user is None else user) != 0:
        raise Failure("boxes cannot be made by this user", why="the namespaces that they are made of are root's",
                      next="run it again with sudo, or rehearse the API alone: coko rehearse up --only cloud",
                      exit_code=ExitCode.REFUSED)
    missing = sorted({package for tool, package in TOOLS.items() if not find(tool, path=PATH)})
    if missing:
        raise Failure("boxes cannot be made on this machine", why=f"{', '.join(missing)} is not installed",
                      next=f"apt-get install --no-install-recommends {' '.join(missing)}", exit_code=ExitCode.REFUSED)


def run(argv: Sequence[str], text: str = "") -> str:
    """A command that has to work; its own words are the cause when it does not."""
    done = subprocess.run(list(argv), input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{argv[0]} did not do its work", why=(done.stderr or done.stdout).strip()[-2000:] or
                      f"it exited with {done.returncode}", next=f"run it yourself: {' '.join(argv)}")
    return done.stdout


def net(pid: int, *argv: str) -> list[str]:
    """A command in the network of a process, with this machine's files and process ids."""
    return ["nsenter", "-t", str(pid), "-n", "--", *argv]


def child(pid: int) -> int:
    """The only child of a process; 0 while there is none."""
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    return 0


def innermost(process: subprocess.Popen[bytes], depth: int, patience: float = 10.0) -> int:
    """The process at the end of a chain of so many forks."""
    until = time.monotonic() + patience
    while time.monotonic() < until and process.poll() is None:
        pid = process.pid
        for _ in range(depth):
            pid = child(pid) if pid else 0
        if pid:
            return pid
        time.sleep(0.002)
    return 0


def started(pid: int) -> int:
    """When a process began, in clock ticks; 0 if there is none. Tells it from a later one of the same number."""
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    return 0


def socket_in(pid: int, address: tuple[str, int], kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    """A socket that belongs to a process's network and is served from here: a socket stays where it was made."""
    made: list[socket.socket | OSError] = []

    def make() -> None:
        try:
            _enter(pid)
            made.append(_bound(address, kind))
        except OSError as error:
            made.append(error)
    worker = threading.Thread(target=make)      # a thread of its own: only it changes its network
    worker.start()
    worker.join()
    if isinstance(made[0], OSError):
        raise Failure(f"nothing can listen on {address[0]}:{address[1]} inside the VPC", why=str(made[0]),
                      next="see what listens there: coko rehearse status")
    return made[0]


def _enter(pid: int) -> None:
    with Path(f"/proc/{pid}/ns/net").open() as file:
        library = ctypes.CDLL(None, use_errno=True)
        if library.setns(file.fileno(), CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


def _bound(address: tuple[str, int], kind: socket.SocketKind) -> socket.socket:
    bound = socket.socket(socket.AF_INET, kind)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(address)
    if kind == socket.SOCK_STREAM:
        bound.listen(128)
    return bound
