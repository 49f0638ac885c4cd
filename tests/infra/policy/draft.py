"""A recorded program that may be spoiled: what is changed is copied first, and the result is a Recording again."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.policy.documents import FIELDS
from infra.policy.recording import Recorded, Recording
from infra.settings import Settings


class Draft:
    def __init__(self, program: Recording) -> None:
        self.settings: Settings = program.settings
        self._program = program
        self._resources = {(one.type, one.name): one for one in program.resources}

    def inputs(self, kind: str, name: str) -> dict[str, Any]:
        """A deep copy, to be changed in place. Naming nothing is a mistake of the test, and a KeyError."""
        mine = copy.deepcopy(self._resources[kind, name])
        self._resources[kind, name] = mine
        return mine.inputs

    def add(self, kind: str, name: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        assert (kind, name) not in self._resources
        self._resources[kind, name] = Recorded(kind, name, inputs, {**inputs, **outputs})

    def remove(self, kind: str, name: str) -> None:
        del self._resources[kind, name]

    def program(self) -> Recording:
        return Recording(self._program.stack, self.settings, tuple(self._resources.values()), self._program.outputs)


Change = Callable[[Draft], None]


def put(kind: str, name: str, /, **values: Any) -> Change:
    """Inputs of one resource; `a__b` is b within a, `a__0` the first of a list."""
    def change(draft: Draft) -> None:
        for path, value in values.items():
            *way, last = path.split("__")
            place: Any = draft.inputs(kind, name)
            for step in way:
                place = place[int(step)] if step.isdigit() else place[step]
            place[int(last) if last.isdigit() else last] = value
    return change


def drop(kind: str, name: str, path: str) -> Change:
    def change(draft: Draft) -> None:
        *way, last = path.split("__")
        place: Any = draft.inputs(kind, name)
        for step in way:
            place = place[int(step)] if step.isdigit() else place[step]
        del place[int(last) if last.isdigit() else last]
    return change


def remove(kind: str, name: str) -> Change:
    return lambda draft: draft.remove(kind, name)


def add(kind: str, name: str, /, *, outputs: dict[str, Any] | None = None, **inputs: Any) -> Change:
    return lambda draft: draft.add(kind, name, dict(inputs), outputs or {})


def settings(section: str, **values: Any) -> Change:
    """A setting that its own reader would have to refuse, or that reached the program by another way."""
    def change(draft: Draft) -> None:
        spoiled = dataclasses.replace(getattr(draft.settings, section), **values)
        draft.settings = dataclasses.replace(draft.settings, **{section: spoiled})
    return change


def document(kind: str, name: str, edit: Callable[[dict[str, Any]], None]) -> Change:
    """The IAM document of one resource, edited as data."""
    def change(draft: Draft) -> None:
        inputs = draft.inputs(kind, name)
        field = next(field for field in FIELDS if field in inputs)
        parsed = json.loads(inputs[field])
        edit(parsed)
        inputs[field] = json.dumps(parsed)
    return change


def grant(kind: str, name: str, /, **statement: Any) -> Change:
    """One statement more that allows something."""
    return document(kind, name, lambda parsed: parsed["Statement"].append({"Effect": "Allow", **statement}))


def statement(kind: str, name: str, sid: str | int, /, **fields: Any) -> Change:
    """One statement, by its Sid or its place, with other fields; None takes a field away."""
    def edit(parsed: dict[str, Any]) -> None:
        every = parsed["Statement"]
        place = sid if isinstance(sid, int) else next(n for n, one in enumerate(every) if one.get("Sid") == sid)
        changed = {**every[place], **fields}
        every[place] = {field: value for field, value in changed.items() if value is not None}
    return document(kind, name, edit)


@dataclass(frozen=True)
class Mutation:
    rule: str
    changes: tuple[Change, ...]
    also: frozenset[str]

    def applied_to(self, program: Recording) -> Recording:
        draft = Draft(program)
        for change in self.changes:
            change(draft)
        return draft.program()


def breaks(rule: str, *changes: Change, also: tuple[str, ...] = ()) -> Mutation:
    """A mistake that this rule is there for. `also`: rules that rightly fall with it, each for a reason."""
    return Mutation(rule, changes, frozenset(also))
