"""The journal: one file of lines `seconds TAB unit TAB who[pid] TAB message`, and its reader."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

JOURNAL = Path("var/log/journal/journal.log")
SYSTEM = "init"
LONGEST = 48 * 1024         # of one line, as in systemd


class Journal:
    def __init__(self, root: Path = Path("/")) -> None:
        self.path = root / JOURNAL
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)

    def write(self, unit: str, who: str, message: str) -> None:
        line = f"{time.time():.6f}\t{unit}\t{who}\t{message}\n"
        os.write(self.fd, line.encode(errors="replace"))


class Lines:
    """Bytes of a pipe, cut into the journal's lines."""

    def __init__(self, journal: Journal, unit: str) -> None:
        self.journal, self.unit = journal, unit
        self.held: dict[str, bytes] = {}

    def feed(self, who: str, data: bytes) -> None:
        *whole, rest = (self.held.get(who, b"") + data).split(b"\n")
        if len(rest) > LONGEST:
            whole, rest = [*whole, rest], b""
        for line in whole:
            self.journal.write(self.unit, who, line.decode(errors="replace").rstrip("\r"))
        self.held[who] = rest

    def end(self) -> None:
        for who in list(self.held):
            if self.held[who]:
                self.feed(who, b"\n")


@dataclass(frozen=True)
class Entry:
    at: float
    unit: str
    who: str
    message: str

    def shown(self, output: str) -> str:
        if output == "cat":
            return self.message
        if output == "json":
            import json
            return json.dumps({"__REALTIME_TIMESTAMP": str(int(self.at * 1e6)), "_SYSTEMD_UNIT": self.unit,
                               "SYSLOG_IDENTIFIER": self.who.partition("[")[0], "MESSAGE": self.message})
        moment = time.localtime(self.at)
        stamp = (time.strftime("%Y-%m-%dT%H:%M:%S%z", moment) if output == "short-iso"
                 else f"{self.at:.6f}" if output == "short-unix" else time.strftime("%b %d %H:%M:%S", moment))
        return f"{stamp} {os.uname().nodename} {self.who}: {self.message}"


def entry(line: str) -> Entry | None:
    parts = line.rstrip("\n").split("\t", 3)
    return Entry(float(parts[0]), *parts[1:]) if len(parts) == 4 else None


@dataclass(frozen=True)
class Wanted:
    units: tuple[str, ...] = ()
    who: tuple[str, ...] = ()
    since: float = 0.0
    until: float = float("inf")
    pattern: str = ""

    def takes(self, one: Entry) -> bool:
        return ((not self.units or one.unit in self.units)
                and (not self.who or one.who.partition("[")[0] in self.who)
                and self.since <= one.at <= self.until
                and (not self.pattern or bool(re.search(self.pattern, one.message))))


def entries(path: Path, wanted: Wanted) -> Iterator[Entry]:
    if not path.exists():
        return
    with path.open(errors="replace") as file:
        for line in file:
            found = entry(line)
            if found and wanted.takes(found):
                yield found


def moment(text: str, now: float) -> float:
    """--since: `2026-11-21 13:00:00`, `today`, `-5min`, `10 min ago`, `@1763700000`."""
    from rehearsal.fleet.boxd.words import BadWordError, seconds
    text = text.strip()
    if text.startswith("@"):
        return float(text[1:])
    if text in ("now", "today", "yesterday"):
        midnight = time.mktime((*time.localtime(now)[:3], 0, 0, 0, 0, 0, -1))
        return {"now": now, "today": midnight, "yesterday": midnight - 86400}[text]
    if text.startswith("-") or text.endswith(" ago"):
        return now - seconds(text.removeprefix("-").removesuffix(" ago"))
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"):
        try:
            return time.mktime(time.strptime(text, form))
        except ValueError:
            continue
    raise BadWordError(f"'{text}' is no moment")


def follow(path: Path, wanted: Wanted, say: Callable[[Entry], None], pause: Callable[[float], None]) -> None:
    with path.open(errors="replace") as file:
        file.seek(0, os.SEEK_END)
        held = ""
        while True:
            held += file.readline()
            if not held.endswith("\n"):
                pause(0.1)
                continue
            found, held = entry(held), ""
            if found and wanted.takes(found):
                say(found)

