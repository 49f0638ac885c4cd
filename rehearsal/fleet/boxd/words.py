"""What unit files say in words of their own: spans of time, command lines, specifiers, variables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

FOREVER = float("inf")
SECONDS = {
    "us": 1e-6, "usec": 1e-6, "ms": 1e-3, "msec": 1e-3, "": 1.0, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0,
    "m": 60.0, "min": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hr": 3600.0, "hour": 3600.0,
    "hours": 3600.0, "d": 86400.0, "day": 86400.0, "days": 86400.0, "w": 604800.0, "week": 604800.0,
    "weeks": 604800.0, "month": 2629800.0, "months": 2629800.0, "y": 31557600.0, "year": 31557600.0,
    "years": 31557600.0,
}
TRUE = ("1", "yes", "true", "on")
SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)\s*")


class BadWordError(ValueError):
    """A value that no unit file may hold."""


def seconds(text: str) -> float:
    """`1min 30s`, `500ms`, `90`, `infinity`."""
    text = text.strip()
    if text == "infinity":
        return FOREVER
    position, total = 0, 0.0
    while position < len(text):
        match = SPAN.match(text, position)
        if not match or match[2] not in SECONDS:
            raise BadWordError(f"'{text}' is no span of time")
        total += float(match[1]) * SECONDS[match[2]]
        position = match.end()
    if not position:
        raise BadWordError("a span of time is missing")
    return total


def is_true(text: str) -> bool:
    return text.strip().lower() in TRUE


@dataclass(frozen=True)
class Command:
    """One line of Exec…=: its words, and what its prefixes say."""

    argv: tuple[str, ...]
    may_fail: bool = False
    argv0: str | None = None
    as_root: bool = False
    plain: bool = False     # no variables are put in


def command(line: str) -> Command:
    may_fail = as_root = plain = given_name = False
    while line and line[0] in "-@+!:|":
        may_fail, as_root = may_fail or line[0] == "-", as_root or line[0] in "+!"
        plain, given_name = plain or line[0] == ":", given_name or line[0] == "@"
        line = line[1:].lstrip()
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise BadWordError(f"'{line}': {error}") from error
    if not words:
        raise BadWordError("a command is missing")
    name = words.pop(1) if given_name and len(words) > 1 else None
    return Command(tuple(words), may_fail, name, as_root, plain)


def expanded(told: Command, variables: Mapping[str, str]) -> list[str]:
    """The words with their variables: `$NAME` alone becomes words of its own, `${NAME}` a part of its word."""
    if told.plain:
        return list(told.argv)
    made: list[str] = []
    for word in told.argv:
        alone = re.fullmatch(r"\$([A-Za-z_]\w*)", word)
        made += variables.get(alone[1], "").split() if alone else [_inside(word, variables)]
    return made


def _inside(word: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$\$|\$\{(\w+)\}", lambda m: "$" if m[0] == "$$" else variables.get(m[1], ""), word)


def specified(text: str, name: str) -> str:
    """The text with its `%` specifiers, for a unit of that name."""
    stem, _, kind = name.rpartition(".")
    prefix, _, instance = stem.partition("@")
    values = {"%": "%", "n": name, "N": stem, "p": prefix, "i": instance, "I": instance.replace("-", "/"),
              "t": "/run", "S": "/var/lib", "C": "/var/cache", "L": "/var/log", "E": "/etc", "T": "/tmp",  # noqa: S108
              "V": "/var/tmp", "u": "root", "U": "0", "h": "/root", "s": "/bin/bash", "H": _hostname()}  # noqa: S108
    return re.sub(r"%(.)", lambda m: values.get(m[1], m[0]), text) if kind else text


def _hostname() -> str:
    import os
    return os.uname().nodename


def assignments(text: str) -> dict[str, str]:
    """Environment=: `A=b "C=d e"`."""
    pairs = [word.partition("=") for word in shlex.split(text)]
    return {key: value for key, sign, value in pairs if sign}


def environment_file(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.replace("\\\n", "").splitlines():
        line = line.strip()
        if not line or line[0] in "#;" or "=" not in line:
            continue
        key, _, value = line.partition("=")
        try:
            found[key.strip()] = " ".join(shlex.split(value)) if value.strip()[:1] in ("'", '"') else value.strip()
        except ValueError:
            found[key.strip()] = value.strip()
    return found
