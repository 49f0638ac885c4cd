"""One command at a time changes the rehearsal. The kernel lets go of the lock when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipelines.errors import ExitCode, Failure


@contextlib.contextmanager
def held(path: Path, command: str, *, wait: float = 0, sleep: Callable[[float], None] = time.sleep,
         tell: Callable[[str], None] = lambda text: None) -> Iterator[None]:
    """Hold the lock; if another command has it, wait that long for it, then refuse and name the holder."""
    end, told = time.monotonic() + wait, False
    while (descriptor := _take(path)) is None:
        if time.monotonic() >= end:
            raise _refusal(path)
        if not told:
            tell(f"waiting for {_named(holder(path))}")
            told = True
        sleep(0.2)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "command": command, "since": time.time()}).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _take(path: Path) -> int | None:
    """The locked file; None while another process has it. One that was removed meanwhile is not the lock any more."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_ino == path.stat().st_ino:
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


def holder(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _named(found: dict[str, Any]) -> str:
    if "pid" not in found:
        return "another command"
    since = time.strftime("%H:%M:%S", time.localtime(float(found.get("since", 0))))
    return f"`{found.get('command', 'coko rehearse')}` (process {found['pid']}, since {since})"


def _refusal(path: Path) -> Failure:
    return Failure("the rehearsal is being changed by another command", exit_code=ExitCode.REFUSED,
                   why=f"{_named(holder(path))} holds {path}", next="wait for it to end, or give --wait SECONDS")
