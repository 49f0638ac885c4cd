"""Runs one script: its own process group, its output line by line into the log, and what went wrong if it did.

At the timeout the group gets one TERM and then all the time it takes; a child that ends while its output stays open
is waited for until the timeout, and then left alone.
"""

from __future__ import annotations

import errno
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO

from rehearsal.agent.ruby import command

CHUNK = 1 << 16
LONGEST_WAIT = 3600.0

Line = Callable[[bytes], None]


@dataclass(frozen=True)
class Outcome:
    """One of: an exit code (None if a signal ended it), out of time, an output left open, a failure to start."""

    exit_code: int | None = None
    timed_out: bool = False
    left_open: str = ""
    failure: str = ""


@dataclass
class Stream:
    """One output of a script: whole lines are logged as they come, the rest when it closes."""

    name: str
    pipe: IO[bytes]
    log: Line
    rest: bytes = field(default=b"")
    open: bool = True

    def read(self) -> None:
        chunk = os.read(self.pipe.fileno(), CHUNK)
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        for line in lines:
            self.log(f"[{self.name}]".encode() + line + b"\n")
        if not chunk:
            self.open = False
            if self.rest:
                self.log(f"[{self.name}]".encode() + self.rest)


def run(line: str, environment: Mapping[str, str], timeout: int, log: Line) -> Outcome:
    """Run a command line as the official agent does."""
    deadline = time.monotonic() + timeout
    try:
        process = _start(command(line), environment)
    except OSError as error:
        return Outcome(failure=_start_failure(error, line))
    with process, _exit_signal(process) as exited:
        assert process.stdout
        assert process.stderr
        streams = [Stream("stdout", process.stdout, log), Stream("stderr", process.stderr, log)]
        ended = _follow(streams, exited, deadline)
        if not ended:
            _terminate(process)
        for stream in streams:
            stream.pipe.close()
        status = process.wait()
    if not ended:
        return Outcome(timed_out=True)
    still_open = [stream.name.upper() for stream in streams if stream.open]
    if still_open:
        return Outcome(left_open=still_open[0])
    return Outcome(exit_code=status if status >= 0 else None)


def _start(argv: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A file without a shebang is run by the shell."""
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(argv, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        argv = ["/bin/sh", *argv]
        process = subprocess.Popen(argv, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0)
    assert process.stdin
    process.stdin.close()
    return process


def _start_failure(error: OSError, line: str) -> str:
    kind = errno.errorcode.get(error.errno or 0, "EUNKNOWN")
    return f"Errno::{kind} with message {error.strerror} - {line.split()[0]}"


class _exit_signal:  # noqa: N801  # used like a function
    """A readable descriptor that closes when the process has ended, so that one wait serves ends and outputs."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.reader, self.writer = os.pipe()
        self.thread = threading.Thread(target=self._wait, args=(process,), daemon=True)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        os.close(self.writer)

    def __enter__(self) -> int:
        self.thread.start()
        return self.reader

    def __exit__(self, *_: object) -> None:
        self.thread.join()
        os.close(self.reader)


def _follow(streams: list[Stream], exited: int, deadline: float) -> bool:
    """Log until the process has ended and its outputs are closed, or time is up; whether it has ended."""
    ended = False
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream.pipe, selectors.EVENT_READ, stream)
        selector.register(exited, selectors.EVENT_READ, None)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return ended
            for key, _ in selector.select(min(left, LONGEST_WAIT)):
                if key.data is None:
                    ended = True
                else:
                    key.data.read()
                if key.data is None or not key.data.open:
                    selector.unregister(key.fileobj)
    return ended


def _terminate(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        return
