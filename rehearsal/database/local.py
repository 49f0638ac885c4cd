"""Doors for a rehearsal without namespaces: servers on loopback addresses of their own, names in a file."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rehearsal.database.model import Instance, Side, Where

NUMBER = {Side.A: 10, Side.B: 20}


@dataclass(frozen=True)
class Loopback:
    """The same addresses every time, and other ones for every rehearsal: 127.64.0.0/10 is seldom anybody's."""

    root: Path

    def place(self, instance: Instance, side: Side) -> Where:
        digest = hashlib.sha256(f"{self.root}/{instance.identifier}".encode()).digest()
        return Where(f"127.{64 + digest[0] % 64}.{digest[1]}.{NUMBER[side]}", instance.port)


@dataclass(frozen=True)
class NamesInFile:
    path: Path

    @property
    def records(self) -> dict[str, str]:
        with suppress(OSError, ValueError):
            return dict(json.loads(self.path.read_text()))
        return {}

    def point(self, name: str, address: str) -> None:
        self._write({**self.records, name: address})

    def forget(self, name: str) -> None:
        self._write({known: address for known, address in self.records.items() if known != name})

    def _write(self, records: dict[str, str]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(records, indent=2) + "\n")
        new.replace(self.path)
