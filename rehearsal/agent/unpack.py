"""Unpacks an archive that nobody has looked at yet: nothing is written outside its directory, nothing fills the disk.

Stricter than the official agent, on purpose: an entry with an absolute or climbing name, a link that leaves the
revision, a device, or more than the limits allow is refused by name. Owners, modes and times are kept as `tar -xps`
and `unzip` keep them.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from rehearsal.agent.errors import AgentError, UnsafeBundleError

CHUNK = 1 << 18
LONGEST_SHOWN = 120


@dataclass(frozen=True)
class Limits:
    """A bundle may unpack to this much; what is small may have any ratio."""

    bytes: int = 8 << 30
    entries: int = 200_000
    ratio: int = 200
    any_ratio_below: int = 64 << 20


@dataclass(frozen=True)
class Entry:
    """One member of an archive, whatever its format."""

    name: str
    kind: str  # "file", "directory", "symlink", "hardlink", or what else it is
    mode: int
    mtime: float | None
    target: str = ""
    owner: tuple[int, int] | None = None
    content: IO[bytes] | None = None


class Unpacker:
    """Writes entries below a directory and keeps count."""

    def __init__(self, bundle: Path, destination: Path, limits: Limits) -> None:
        self.bundle, self.destination, self.limits = bundle, destination, limits
        destination.mkdir(parents=True, exist_ok=True)
        self.packed = max(bundle.stat().st_size, 1)
        self.written = self.count = 0
        self.directories: list[tuple[Path, Entry]] = []
        self.links: list[tuple[Path, Entry]] = []

    def unpack(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self.count += 1
            if self.count > self.limits.entries:
                raise self.refusal(entry.name, f"more than {self.limits.entries} entries")
            try:
                self.place(entry)
            except OSError as error:
                raise self.stopped(entry, error) from error
        for path, entry in self.links:  # again: a later entry may have changed where a link leads
            if path.is_symlink():
                self.check_link(path, entry)
        for path, entry in reversed(self.directories):  # children first: writing into one changes its time
            if path.is_dir() and not path.is_symlink():
                self.finish(path, entry)

    def refusal(self, name: str, why: str) -> UnsafeBundleError:
        return UnsafeBundleError(
            f"The bundle {self.bundle} is refused: {why} (entry {_short(name)}). Nothing was installed. "
            "Build the bundle without this entry, and deploy again."
        )

    def stopped(self, entry: Entry, error: OSError) -> AgentError:
        if error.errno == errno.ENOSPC:
            return AgentError("The disk is (or was) full during extraction.")
        return self.refusal(entry.name, str(error.strerror))

    def place(self, entry: Entry) -> None:
        path = self.inside(entry.name)
        if path == self.destination:
            if entry.kind == "directory":
                self.directories.append((path, entry))
            return
        self.parents(path, entry)
        match entry.kind:
            case "directory":
                self._clear(path, keep_directory=True)
                path.mkdir(exist_ok=True)
                self.directories.append((path, entry))
            case "symlink":
                self.check_link(path, entry)
                self._clear(path)
                path.symlink_to(entry.target)
                self.links.append((path, entry))
                self.finish(path, entry)
            case "hardlink":
                self._hardlink(path, entry)
            case "file":
                self._clear(path)
                self._file(path, entry)
                self.finish(path, entry)
            case _:
                raise self.refusal(entry.name, f"it holds a {entry.kind}")

    def inside(self, name: str, entry_name: str | None = None) -> Path:
        """Where an entry goes, or what its hard link names, if that is below the destination."""
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or "\0" in name:
            raise self.refusal(entry_name or name, f"{_short(name)} leads outside the revision")
        if any(len(os.fsencode(part)) > 255 for part in pure.parts) or len(os.fsencode(name)) > 3000:
            raise self.refusal(name, "an entry's name is too long")
        return self.destination / pure

    def parents(self, path: Path, entry: Entry) -> None:
        """Make the directories above; none of them may be a link that came with the bundle."""
        missing = []
        for parent in path.relative_to(self.destination).parents:
            there = self.destination / parent
            if there.is_symlink() or (there.exists() and not there.is_dir()):
                raise self.refusal(entry.name, f"an entry goes through {str(parent)!r}, which is not a directory")
            if not there.exists():
                missing.append(there)
        for directory in reversed(missing):
            directory.mkdir()

    def check_link(self, path: Path, entry: Entry) -> None:
        """A link may point anywhere in the revision, never out of it, whatever it leads through on the way."""
        base = os.path.realpath(self.destination)
        wanted = os.path.realpath(path.parent / entry.target)
        climbs = os.path.normpath(path.parent.relative_to(self.destination) / entry.target).startswith("..")
        leaves = wanted != base and not wanted.startswith(base + "/")
        if not entry.target or entry.target.startswith("/") or climbs or leaves or "\0" in entry.target:
            raise self.refusal(entry.name, f"a link leads outside the revision, to {_short(entry.target)}")

    def _hardlink(self, path: Path, entry: Entry) -> None:
        source = self.inside(entry.target, entry.name)
        self.parents(source, entry)
        if not source.is_file() or source.is_symlink():
            raise self.refusal(entry.name, f"a hard link to {_short(entry.target)}, which is no file of the revision")
        if source == path:
            return
        self._clear(path)
        os.link(source, path)

    def _clear(self, path: Path, *, keep_directory: bool = False) -> None:
        """A later entry of the same name wins."""
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir() and not keep_directory:
            shutil.rmtree(path)

    def _file(self, path: Path, entry: Entry) -> None:
        content = entry.content
        with path.open("xb") as file:
            while chunk := content.read(CHUNK) if content else b"":
                self.written += len(chunk)
                self.check_size(entry.name)
                file.write(chunk)

    def check_size(self, name: str) -> None:
        if self.written > self.limits.bytes:
            raise self.refusal(name, f"it unpacks to more than {self.limits.bytes} bytes")
        if self.written > max(self.limits.any_ratio_below, self.packed * self.limits.ratio):
            raise self.refusal(name, f"it unpacks to more than {self.limits.ratio} times its size")

    def finish(self, path: Path, entry: Entry) -> None:
        """Owner before mode: changing the owner clears setuid."""
        if entry.owner and os.geteuid() == 0:
            os.chown(path, *entry.owner, follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(stat.S_IMODE(entry.mode))
        if entry.mtime is not None:
            os.utime(path, (entry.mtime, entry.mtime), follow_symlinks=False)


def _short(name: str) -> str:
    return repr(name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}…")


def strip_single_directory(archive: Path, aside: Path) -> None:
    """If all is in one directory that holds an AppSpec file, that directory is the revision."""
    found = list(archive.iterdir())
    if len(found) != 1 or found[0].is_symlink() or not found[0].is_dir() or not _holds_appspec(found[0].iterdir()):
        return
    shutil.rmtree(aside, ignore_errors=True)
    archive.rename(aside)
    (aside / found[0].name).rename(archive)
    aside.rmdir()


def _holds_appspec(paths: Iterator[Path]) -> bool:
    return any("appspec" in path.name.lower() for path in paths)
