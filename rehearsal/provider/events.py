"""What the engine tells while it works, and what it returns: plain frozen values, free of secrets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rehearsal.provider.diffs import STEP, Diff, How
from rehearsal.provider.values import Props

Operation = Literal["create", "update", "replace", "delete", "same", "read", "refresh"]
SIGNS: dict[str, str] = {"create": "+", "update": "~", "replace": "±", "delete": "-", "refresh": "~"}
HIDDEN = "[secret]"


@dataclass(frozen=True)
class Change:
    """One property that becomes another."""

    path: str
    how: How
    old: Any
    new: Any
    replaces: bool = False


@dataclass(frozen=True)
class Step:
    """One resource, and what is done to it."""

    operation: Operation
    urn: str
    changes: tuple[Change, ...] = ()

    @property
    def type(self) -> str:
        return self.urn.split("::")[2].split("$")[-1]

    @property
    def name(self) -> str:
        return self.urn.split("::")[3]


@dataclass(frozen=True)
class Progress:
    """A step began, ended or failed. `total` is what is known so far: a program tells as it runs."""

    step: Step
    phase: Literal["started", "done", "failed"]
    done: int
    total: int
    seconds: float


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Outcome:
    """What an operation did, or would do."""

    stack: str
    steps: tuple[Step, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(step.operation for step in self.steps))

    @property
    def changed(self) -> bool:
        return any(step.operation in SIGNS for step in self.steps)


def changes_of(diff: Diff, olds: Props, news: Props, secrets: Collection[str]) -> tuple[Change, ...]:
    """A diff with its values, secrets hidden."""
    found = []
    for path, how in diff.changes.items():
        top = path.split(".")[0].split("[")[0]
        old, new = (HIDDEN, HIDDEN) if top in secrets else (value_at(olds, path), value_at(news, path))
        found.append(Change(path, how, old, new, top in diff.replaces))
    return tuple(found)


def value_at(properties: Any, path: str) -> Any:
    for quoted, index, plain in STEP.findall(path):
        key: Any = int(index) if index else quoted or plain
        try:
            properties = properties[key]
        except (KeyError, IndexError, TypeError):
            return None
    return properties


def render(outcome: Outcome) -> str:
    """The plan as people read it: a sign, the resource, and each property that changes."""
    lines = list(_lines(outcome))
    counts = ", ".join(f"{count} {operation}" for operation, count in sorted(outcome.counts.items())
                       if operation in SIGNS)
    return "\n".join([*lines, counts or "no changes"])


def _lines(outcome: Outcome) -> Iterator[str]:
    for step in outcome.steps:
        if step.operation not in SIGNS:
            continue
        yield f"{SIGNS[step.operation]} {step.type} {step.name}"
        for change in step.changes:
            mark = "  (replaces)" if change.replaces else ""
            yield f"    {change.path}: {_shown(change.old)} → {_shown(change.new)}{mark}"


def _shown(value: Any) -> str:
    text = "-" if value is None else value if isinstance(value, str) else json.dumps(value, default=repr)
    return text if len(text) <= 100 else f"{text[:97]}…"
