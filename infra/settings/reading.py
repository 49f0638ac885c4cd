"""Reads a stack's configuration and collects everything that is wrong with it, so that a user mends it in one go.

Every problem names the configuration path, the bad value, what is allowed and what to write instead.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MISSING = object()


@dataclass(frozen=True, kw_only=True)
class Problem:
    path: str
    wrong: str
    allowed: str
    fix: str

    def __str__(self) -> str:
        return f"{self.path}: {self.wrong}; {self.allowed}. {self.fix}"


class SettingsError(Exception):
    """All that is wrong with a stack's settings; shown as it is, without a traceback."""

    exit_code = 2

    def __init__(self, stack: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        self.what = f"the settings of stack {stack!r} cannot be used: {len(problems)} to mend in Pulumi.{stack}.yaml"
        self.why = "\n".join(map(str, problems))
        self.next = f"coko settings --stack {stack}"
        super().__init__(f"{self.what}\n{self.why}")


@dataclass(frozen=True)
class Reader:
    """One mapping of the configuration, at a path. Methods return a usable value even after noting a problem."""

    values: Mapping[str, Any]
    path: str
    problems: list[Problem]
    asked: set[str] = field(default_factory=set)

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else f"coko:{name}"

    def note(self, name: str, wrong: str, allowed: str, fix: str) -> None:
        self.problems.append(Problem(path=self.at(name), wrong=wrong, allowed=allowed, fix=fix))

    def _get(self, name: str, default: Any) -> Any:
        self.asked.add(name)
        value = self.values.get(name, MISSING)
        return default if value is MISSING or value is None else value

    def section(self, name: str) -> Reader:
        value = self._get(name, {})
        if not isinstance(value, Mapping):
            self.note(name, f"{value!r} is not a section", "it holds settings of its own",
                      f"Write `{name}:` and indent.")
            value = {}
        return Reader(value, self.at(name), self.problems)

    def text(self, name: str, default: str | None, *, pattern: str, example: str) -> str:
        value = self._get(name, default)
        if value is None:
            self.note(name, "it is missing", f"it looks like {example}", f"Add `{name}: {example}`.")
            return example
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            self.note(name, f"{value!r} is not valid", f"it looks like {example}",
                      f"Write for example `{name}: {example}`.")
            return default or example
        return value

    def optional_text(self, name: str, *, pattern: str, example: str) -> str | None:
        absent = self._get(name, None) is None
        return None if absent else self.text(name, None, pattern=pattern, example=example)

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self._get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            nearest = min(max(value, low), high) if isinstance(value, int) else default
            self.note(name, f"{value!r} is not valid", f"a whole number from {low} to {high}",
                      f"Write for example `{name}: {nearest}`.")
            return default
        return value

    def boolean(self, name: str, default: bool) -> bool:
        value = self._get(name, default)
        if not isinstance(value, bool):
            self.note(name, f"{value!r} is not valid", "true or false", f"Write `{name}: {str(default).lower()}`.")
            return default
        return value

    def choice(self, name: str, default: str, choices: Iterable[str]) -> str:
        value, known = self._get(name, default), [*choices]
        if value not in known:
            near = difflib.get_close_matches(str(value), known, n=1, cutoff=0.4) or [default]
            self.note(name, f"{value!r} is not known", f"one of {', '.join(known)}", f"Write `{name}: {near[0]}`.")
            return default
        return str(value)

    def texts(self, name: str, *, pattern: str, example: str) -> tuple[str, ...]:
        value = self._get(name, [])
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        wrong = [item for item in items if not isinstance(item, str) or not re.fullmatch(pattern, item)]
        for item in wrong:
            self.note(name, f"{item!r} is not valid", f"a list of values like {example}",
                      f"Write `{name}: [{example}]`.")
        return tuple(item for item in items if item not in wrong)

    def networks(self, name: str) -> tuple[str, ...]:
        """A list of IPv4 networks in CIDR form."""
        values = self.texts(name, pattern=r"[^\s]+", example="203.0.113.0/24")
        return tuple(value for value in values if self._is_network(name, value))

    def _is_network(self, name: str, value: str) -> bool:
        try:
            ipaddress.IPv4Network(value)
        except ValueError as error:
            self.note(name, f"{value!r} is not a network ({error})", "IPv4 networks in CIDR form",
                      f"Write for example `{name}: [203.0.113.0/24]`.")
            return False
        return True

    def finish(self) -> None:
        """What was never asked for is unknown, and most likely a slip of the pen."""
        for name in sorted(set(self.values) - self.asked):
            near = difflib.get_close_matches(name, self.asked, n=1)
            known = ", ".join(sorted(self.asked))
            self.note(name, "there is no such setting", f"known here: {known}",
                      f"Did you mean `{near[0]}`?" if near else "Remove it.")
