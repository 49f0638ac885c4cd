"""An apply as it happens: on a terminal one line that moves, elsewhere a plain line for every resource that changed."""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Literal, Protocol

SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "-", "refresh": "~"}
DONE_WORDS = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted", "same": "unchanged",
              "refresh": "refreshed", "read": "read"}
CLEAR = "\r\033[K"


class Step(Protocol):
    @property
    def operation(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...


class Event(Protocol):
    @property
    def step(self) -> Step: ...
    @property
    def phase(self) -> Literal["started", "done", "failed"]: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def seconds(self) -> float: ...


class Display:
    """Told of each step by the engine's threads; shows counts, the resource that takes longest, and the time."""

    def __init__(self, write: Callable[[str], None], *, live: bool, clock: Callable[[], float] = time.monotonic,
                 width: int | None = None) -> None:
        self.write, self.live, self.clock = write, live, clock
        self.width = width or shutil.get_terminal_size().columns
        self.began = clock()
        self.counts: Counter[str] = Counter()
        self.running: dict[str, float] = {}
        self._guard = threading.Lock()

    def __call__(self, event: Event) -> None:
        label = f"{event.step.type} {event.step.name}"
        with self._guard:
            if event.phase == "started":
                self.running[label] = self.clock()
            else:
                self.running.pop(label, None)
                self._ended(event, label)
            if self.live:
                self.write(CLEAR + self.line(event.done, event.total)[:self.width - 1])

    def _ended(self, event: Event, label: str) -> None:
        sign = SIGNS.get(event.step.operation)
        if event.phase == "failed":
            self._say(f"  ✗ {label}  failed after {event.seconds:.1f} s")
            return
        self.counts[event.step.operation] += 1
        if sign and not self.live:
            self._say(f"  {sign} {label}  {event.seconds:.1f} s")

    def _say(self, text: str) -> None:
        self.write(f"{CLEAR if self.live else ''}{text}\n")

    def line(self, done: int, total: int) -> str:
        oldest = min(self.running, key=lambda label: self.running[label], default="")
        more = f" and {len(self.running) - 1} more" if len(self.running) > 1 else ""
        changed = sum(n for operation, n in self.counts.items() if operation in SIGNS)
        parts = [f"{done}/{total}", f"{changed} changed", oldest + more, f"{self.clock() - self.began:.0f} s"]
        return "  " + "  ".join(part for part in parts if part)

    def close(self) -> None:
        if self.live:
            self.write(CLEAR)


def told(counts: dict[str, int], seconds: float) -> str:
    """The end of it in one sentence."""
    changed = [f"{n} {DONE_WORDS[op]}" for op, n in counts.items() if op in SIGNS and n]
    same = counts.get("same", 0)
    if not changed:
        return f"nothing to change: {same} resources are as the program says ({seconds:.1f} s)"
    rest = f", {same} unchanged" if same else ""
    return f"{', '.join(changed)}{rest} ({seconds:.1f} s)"
