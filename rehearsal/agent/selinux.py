"""The SELinux context of a permission: type, user and a range such as `s0-s3:c0.c5,c7`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rehearsal.agent.errors import AgentError
from rehearsal.agent.ruby import inspect

UPDATE = "Update the permissions section of the AppSpec file, and then try again."
CATEGORIES = 1024


@dataclass(frozen=True)
class Context:
    type: str
    user: str | None
    range: str | None

    def arguments(self) -> list[str]:
        """For `semanage fcontext -a`."""
        user = ["-s", self.user] if self.user is not None else []
        return [*user, "-t", self.type, *(["-r", self.range] if self.range is not None else [])]


def parse(context: Any) -> Context:
    if not isinstance(context, dict) or context.get("type") is None:
        raise AgentError(
            "The deployment failed because the application specification file specifies an invalid context type "
            f"({inspect(context)}). {UPDATE}"
        )
    wanted = context.get("range")
    user = context.get("name")
    return Context(str(context["type"]), None if user is None else str(user), None if wanted is None else span(wanted))


def span(wanted: Any) -> str:
    """A range in its shortest form."""
    if not isinstance(wanted, str):
        raise AgentError(f"invalid range part {inspect(wanted)}")
    levels, *categories = _split(wanted, ":")
    numbers = [_number("sensitivity", "s", level) for level in _split(levels, "-")]
    if numbers[-1] < numbers[0]:
        raise AgentError(
            f"The deployment failed because of a problem with the SELinux range specified ({wanted}) for the context "
            "parameter in the permissions section of the application specification file. Make corrections in the "
            "permissions section of the AppSpec file, and then try again."
        )
    shown = "-".join(f"s{number}" for number in dict.fromkeys(numbers))
    return f"{shown}:{_shortest(_categories(categories[0]))}" if categories else shown


def _split(text: str, mark: str) -> list[str]:
    parts = text.split(mark, 1)
    if not all(parts):
        raise AgentError(f"invalid range part {text}")
    return parts


def _number(what: str, letter: str, word: str) -> int:
    if not re.fullmatch(rf"{letter}[0-9]{{1,9}}", word):
        raise AgentError(f"invalid {what} {word}")
    return int(word[1:])


def _category(word: str) -> int:
    number = _number("category", "c", word)
    if number >= CATEGORIES:
        raise AgentError(f"invalid category {word}")
    return number


def _categories(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        ends = [_category(word) for word in (_split(part, ".") if "." in part else [part])]
        if ends[-1] < ends[0]:
            raise AgentError(f"invalid category range c{ends[0]}.c{ends[-1]}")
        found += range(ends[0], ends[-1] + 1)
    if len(set(found)) != len(found):
        raise AgentError("duplicate categories")
    return sorted(found)


def _shortest(numbers: list[int]) -> str:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"c{run[0]}" + (f".c{run[-1]}" if len(run) > 1 else "") for run in runs)
