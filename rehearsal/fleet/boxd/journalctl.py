"""`journalctl`, with the options that people and hooks give it."""

from __future__ import annotations

import argparse
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rehearsal.fleet.boxd.journal import JOURNAL, Entry, Wanted, entries, follow, moment
from rehearsal.fleet.boxd.unitfile import full_name
from rehearsal.fleet.boxd.words import BadWordError

OUTPUTS = ("short", "short-iso", "short-unix", "short-precise", "cat", "json")


@dataclass(frozen=True)
class Asked:
    wanted: Wanted
    lines: int | None
    output: str
    follow: bool
    reverse: bool

    def run(self, path: Path, out: TextIO) -> int:
        def say(one: Entry) -> None:
            out.write(one.shown(self.output) + "\n")
            out.flush()
        found = deque(entries(path, self.wanted), maxlen=self.lines)
        if not found and not self.follow and self.output != "cat":
            out.write("-- No entries --\n")
        for one in reversed(found) if self.reverse else found:
            say(one)
        if self.follow:
            follow(path, self.wanted, say, time.sleep)
        return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="journalctl")
    top.add_argument("-u", "--unit", action="append", default=[])
    top.add_argument("-t", "--identifier", action="append", default=[])
    top.add_argument("-n", "--lines", nargs="?", const="10")
    top.add_argument("-o", "--output", choices=OUTPUTS, default="short")
    top.add_argument("-S", "--since")
    top.add_argument("-U", "--until")
    top.add_argument("-g", "--grep", default="")
    for flags in (("-f", "--follow"), ("-r", "--reverse"), ("-e", "--pager-end"), ("-x", "--catalog"),
                  ("-q", "--quiet"), ("-a", "--all"), ("--no-pager",), ("--no-hostname",), ("--no-tail",), ("--utc",),
                  ("-l", "--full")):
        top.add_argument(*flags, action="store_true")
    top.add_argument("-b", "--boot", nargs="?", const="0")
    return top


def arguments(argv: list[str]) -> Asked:
    given, now = parser().parse_args(argv), time.time()
    lines = given.lines or ("10" if given.follow else "1000" if given.pager_end else None)
    return Asked(
        Wanted(tuple(full_name(unit) for unit in given.unit), tuple(given.identifier),
               moment(given.since, now) if given.since else 0.0,
               moment(given.until, now) if given.until else float("inf"), given.grep),
        None if lines in (None, "all") else int(lines or 0), given.output, given.follow, given.reverse)


def main(argv: list[str] | None = None, root: Path = Path("/")) -> int:
    try:
        return arguments(sys.argv[1:] if argv is None else argv).run(root / JOURNAL, sys.stdout)
    except BadWordError as error:
        sys.stderr.write(f"Failed to parse timestamp: {error}\n")
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        return 0
