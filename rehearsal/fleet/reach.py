"""Into the boxes from any other process: which there are, how to run something in one, what one has logged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import ExitCode, Failure
from rehearsal.fleet import ns
from rehearsal.fleet.box import Files, inside
from rehearsal.fleet.boxd.journal import Entry, Wanted, entries


@dataclass(frozen=True)
class Reached:
    """A box that runs."""

    id: str
    pid: int
    ip: str
    name: str
    tier: str
    files: Files

    def command(self, *argv: str) -> list[str]:
        """To be executed by this process or a child of it."""
        return inside(self.pid, *argv)

    def journal(self, wanted: Wanted) -> Iterator[Entry]:
        return entries(self.files.journal, wanted)


def boxes(state: Path) -> list[Reached]:
    try:
        told: dict[str, Any] = json.loads((state / "fleet.json").read_text())
    except FileNotFoundError:
        return []
    return [Reached(name, row["pid"], row["ip"], row["name"], row["tier"], Files(state / "boxes" / name))
            for name, row in sorted(told["boxes"].items()) if ns.started(row["pid"]) == row["began"]]


def find(state: Path, word: str) -> Reached:
    """By instance id, address, name or tier; of several, the first."""
    running = boxes(state)
    for box in running:
        if word in (box.id, box.ip, box.name, box.tier):
            return box
    known = ", ".join(f"{box.id} ({box.tier or box.name})" for box in running)
    raise Failure(f"no box is called {word}", why=f"these run: {known}" if known else "no box runs",
                  next="coko rehearse status" if known else "coko rehearse up", exit_code=ExitCode.BAD_INPUT)
