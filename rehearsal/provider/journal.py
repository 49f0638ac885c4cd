"""The engine's memory: an append-only journal, written before and after each call; a kill leaves it readable.

Each line is one JSON object. `begin` is written before a create call, so that the next run knows what to look for;
`put` after it. A torn last line is what a kill leaves: it is dropped. A broken line elsewhere is a broken disk or a
broken hand: the engine refuses to guess. Secrets are encrypted with a key that stands beside it, readable by its owner.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TextIO

from cryptography.fernet import Fernet, InvalidToken

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.values import Props

ENCRYPTED = "\0encrypted"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One resource, as the engine knows it."""

    urn: str
    type: str
    id: str = ""
    custom: bool = True
    whole: bool = True          # False: made, but not yet what was asked for
    inputs: Props = field(default_factory=dict)
    outputs: Props = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    parent: str = ""
    provider: str = ""
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    ignore: list[str] = field(default_factory=list)
    protect: bool = False
    retain: bool = False

    @property
    def name(self) -> str:
        return self.urn.split("::")[3]

    @property
    def needs(self) -> set[str]:
        return {*self.dependencies, self.parent, self.provider.rsplit("::", 1)[0]} - {""}


class Journal:
    """What lives (`live`), what is replaced and has yet to go (`doomed`), what was being made (`begun`)."""

    def __init__(self, directory: Path, stack: str, *, dry: bool = False) -> None:
        """`dry`: read it, and keep what follows in memory alone."""
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / f"{stack}.journal"
        self._lock_file = _locked(directory / f"{stack}.lock", stack)
        self._vault = Fernet(_key(directory / "key"))
        self._guard = threading.Lock()
        self.live: dict[str, Record] = {}
        self.doomed: list[Record] = []
        self.begun: dict[str, Record] = {}
        try:
            self._load()
        except Failure:
            self._lock_file.close()
            raise
        self._file: TextIO | None = None if dry else self._path.open("a")

    def begin(self, record: Record) -> None:
        self._write({"begin": self._sealed(record)})

    def abandon(self, urn: str) -> None:
        self._write({"abandon": urn})

    def put(self, record: Record, *, replaces: Record | None = None) -> None:
        self._write({"put": self._sealed(record), **({"doom": replaces.id} if replaces else {})})

    def gone(self, record: Record) -> None:
        self._write({"gone": record.urn, "id": record.id})

    def close(self) -> None:
        """Keep what is, forget how it came to be."""
        if self._file is None:
            self._lock_file.close()
            return
        self._file.close()
        draft = self._path.with_suffix(".draft")
        lines = [*({"put": self._sealed(r)} for r in self.live.values()),
                 *({"doomed": self._sealed(r)} for r in self.doomed),
                 *({"begin": self._sealed(r)} for r in self.begun.values())]
        with draft.open("w") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        self._lock_file.close()

    def _write(self, line: dict[str, Any]) -> None:
        with self._guard:
            if self._file:
                self._file.write(json.dumps(line) + "\n")
                self._file.flush()
            self._apply(line)

    def _apply(self, line: dict[str, Any]) -> None:
        match line:
            case {"put": sealed}:
                record = self._opened(sealed)
                if "doom" in line and record.urn in self.live:
                    self.doomed.append(self.live[record.urn])
                self.live[record.urn] = record
                self.begun.pop(record.urn, None)
            case {"doomed": sealed}:
                self.doomed.append(self._opened(sealed))
            case {"begin": sealed}:
                record = self._opened(sealed)
                self.begun[record.urn] = record
            case {"abandon": urn}:
                self.begun.pop(urn, None)
            case {"gone": urn, "id": id_}:
                self.doomed = [r for r in self.doomed if (r.urn, r.id) != (urn, id_)]
                if urn in self.live and self.live[urn].id == id_:
                    del self.live[urn]

    def _load(self) -> None:
        lines = self._path.read_text().split("\n") if self._path.exists() else []
        torn = lines.pop() if lines else ""      # a whole line ends in a newline: what follows the last one is torn
        for number, text in enumerate(lines, 1):
            try:
                self._apply(json.loads(text))
            except (ValueError, TypeError, KeyError, InvalidToken) as error:
                raise Failure(
                    f"the rehearsal's state cannot be read: {self._path}, line {number}", exit_code=ExitCode.FAILED,
                    why=f"{type(error).__name__}: {error}; the file or its key was changed by something else",
                    next="coko rehearse down, then coko rehearse up: it makes everything anew") from error
        if torn:
            self._path.write_text("".join(f"{line}\n" for line in lines))

    def _sealed(self, record: Record) -> dict[str, Any]:
        plain = asdict(record)
        for part in ("inputs", "outputs"):
            plain[part] = {name: [ENCRYPTED, self._vault.encrypt(json.dumps(value).encode()).decode()]
                           if name in record.secrets else value for name, value in plain[part].items()}
        return plain

    def _opened(self, sealed: dict[str, Any]) -> Record:
        known = {f.name for f in fields(Record)}
        plain = {name: value for name, value in sealed.items() if name in known}
        for part in ("inputs", "outputs"):
            plain[part] = {name: json.loads(self._vault.decrypt(value[1].encode()))
                           if isinstance(value, list) and value[:1] == [ENCRYPTED] else value
                           for name, value in plain[part].items()}
        return Record(**plain)


def _key(path: Path) -> bytes:
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(Fernet.generate_key())
    return path.read_bytes()


def _locked(path: Path, stack: str) -> TextIO:
    """Held while the process lives; the kernel lets go of it when the process dies, however it dies."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise Failure(f"another operation works on the stack {stack!r}", exit_code=ExitCode.REFUSED,
                      why=f"the process {holder} holds {path}",
                      next="wait for it to end, then run this again") from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def in_order(records: Iterable[Record]) -> list[Record]:
    """Those that others need come first."""
    remaining = {record.urn: record for record in records}
    found: list[Record] = []
    while remaining:
        ready = [r for r in remaining.values() if not r.needs & remaining.keys()] or [*remaining.values()]
        found += ready
        for record in ready:
            del remaining[record.urn]
    return found
