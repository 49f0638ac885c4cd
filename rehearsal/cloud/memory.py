"""What the cloud knows, on disk: a restart loses nothing, or says plainly that it did.

A snapshot (moto's backends and our rooms, in one pickle) is written when things have been quiet for a moment. Beside
it a counter of changes goes up with every call that changes something, in a mapped page that outlives a killed process.
When the two agree at the next start the memory is whole and keeps its id. When they do not, calls were answered that
the snapshot never saw: the memory starts empty under a new id, and whoever applied a stack to the old one sees that.
"""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from rehearsal.cloud.pickling import Unkeepable, dumps, loads
from rehearsal.cloud.world import World

FORMAT = 1
QUIET, LATEST = 0.3, 2.0        # seconds without a change before a snapshot; seconds of changes at most without one


@dataclass(frozen=True)
class Identity:
    """Which memory this is, and why it began."""

    id: str
    began: float
    because: str


class Counter:
    """A number that survives `kill -9`: the page belongs to the kernel, not to the process."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        if path.stat().st_size != 16:
            path.write_bytes(bytes(16))
        with path.open("r+b") as file:
            self.page = mmap.mmap(file.fileno(), 16)

    @property
    def value(self) -> int:
        return int.from_bytes(self.page[:8], "little")

    @value.setter
    def value(self, number: int) -> None:
        self.page[:8] = number.to_bytes(8, "little")


class Memory:
    def __init__(self, directory: Path, world: World, clock: Callable[[], float] = time.time) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.directory = directory
        self._held = _alone(directory / "held")
        self.world = world
        self.clock = clock
        self.snapshot = directory / "memory.pickle"
        self.counter = Counter(directory / "changes")
        self.kept: int | None = None
        self.unkeepable = ""
        self._changed_at = self._kept_at = clock()
        self.identity = self._recall()

    def _recall(self) -> Identity:
        try:
            identity = self._load()
        except FileNotFoundError:
            identity = self._fresh("it is new" if not self.counter.value else "no snapshot of the memory was left")
        except Stale as stale:
            identity = self._fresh(str(stale))
        except Exception as error:      # a pickle can fail in any way
            identity = self._fresh(f"its file cannot be read ({type(error).__name__}: {error})")
        self.world.changes = self.counter.value
        return identity

    def _load(self) -> Identity:
        header, _, payload = self.snapshot.read_bytes().partition(b"\n")
        about = json.loads(header)
        if about["format"] != [FORMAT, *versions()]:
            raise Stale("it was written by another version of this program, Python or moto")
        if about["changes"] != self.counter.value:
            lost = self.counter.value - about["changes"]
            raise Stale(f"the process ended before {lost} of its last changes were on disk")
        self.world.rooms = loads(payload, self.directory / "objects")
        self.kept = about["changes"]
        return Identity(**about["identity"])

    def _fresh(self, because: str) -> Identity:
        if self.snapshot.exists():
            self.snapshot.replace(self.snapshot.with_suffix(".unusable"))
        self.counter.value = 0
        return Identity(uuid.uuid4().hex[:12], self.clock(), because)

    def close(self) -> None:
        """Let another cloud have it."""
        os.close(self._held)

    def note(self) -> None:
        """Called for every change, before its answer is sent."""
        if self.counter.value != self.world.changes:
            self.counter.value = self.world.changes
            self._changed_at = self.clock()

    def is_due(self) -> bool:
        now = self.clock()
        quiet, late = now - self._changed_at >= QUIET, now - self._kept_at >= LATEST
        return self.kept != self.world.changes and (quiet or late)

    def keep(self) -> None:
        """Write the snapshot: whole, or not at all."""
        with self.world.lock:
            changes = self.world.changes
            try:
                payload = dumps(self.world.rooms, self.directory / "objects")
                self.unkeepable = ""
            except Unkeepable as error:
                self.unkeepable, self.kept = str(error), changes
                return
        about = {"format": [FORMAT, *versions()], "changes": changes, "identity": asdict(self.identity)}
        made = self.snapshot.with_suffix(".new")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(json.dumps(about).encode() + b"\n" + payload)
            file.flush()
            os.fsync(file.fileno())
        made.replace(self.snapshot)
        self.kept, self._kept_at = changes, self.clock()


def _alone(path: Path) -> int:
    """Two clouds with one memory would overwrite each other's: the second doesn't start."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode()
        os.close(descriptor)
        raise InUse(f"the memory in {path.parent} is in use by process {holder}") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


class InUse(OSError):
    """Another cloud has this memory."""


class Stale(Exception):
    """The snapshot is not the whole of what the cloud knew."""


def versions() -> list[str]:
    import platform
    from importlib.metadata import version
    return [platform.python_version(), version("moto"), version("boto3")]
