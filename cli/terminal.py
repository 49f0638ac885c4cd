"""Everything that `coko` prints goes through here: results on stdout, the rest on stderr, colour only on a terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


@dataclass(frozen=True)
class Terminal:
    """Where output goes, and how plain it has to be."""

    out: TextIO
    err: TextIO
    as_json: bool = False
    environment: Mapping[str, str] | None = None

    @classmethod
    def of_process(cls, *, as_json: bool = False) -> Terminal:
        return cls(sys.stdout, sys.stderr, as_json, os.environ)

    def is_live(self, stream: TextIO | None = None) -> bool:
        """Whether a person watches: colour and moving progress are for them alone."""
        environment = self.environment or {}
        plain = "NO_COLOR" in environment or environment.get("TERM") == "dumb"
        return (stream or self.err).isatty() and not plain

    def style(self, text: str, style: str, stream: TextIO | None = None) -> str:
        return f"\033[{STYLES[style]}m{text}\033[0m" if self.is_live(stream or self.out) else text

    def result(self, value: Any, text: str) -> None:
        """The verb's answer: `value` for programs, `text` for people."""
        print(json.dumps(value, ensure_ascii=False, default=str) if self.as_json else text, file=self.out, flush=True)

    def say(self, text: str) -> None:
        """Narration; never part of the answer."""
        print(text, file=self.err, flush=True)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        columns = [*zip(header, *rows, strict=True)] if rows else [(h,) for h in header]
        widths = [max(map(len, column)) for column in columns]
        lines = ["  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        head = "  ".join(f"{cell:<{w}}" for cell, w in zip(header, widths, strict=True)).rstrip()
        return "\n".join([self.style(head, "bold"), *lines])
