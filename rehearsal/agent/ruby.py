"""What the official agent takes from its language: how values become text, how paths join, how commands split.

Its texts and its results depend on these rules, so they are written down here once.
"""

# Paths are texts here: Path would normalize what the rules tell apart.
# ruff: noqa: PTH100, PTH111

from __future__ import annotations

import math
import os
import re

from rehearsal.agent.errors import AgentError

BLANKS = "\t\n\v\f\r \0"
SHELL_CHARACTERS = frozenset("*?{}[]<>()~&|\\$;'`\"\n#")


class Symbol(str):
    """A plain `:name` in YAML: it prints as a string, but is not one."""

    __slots__ = ()


def given(value: object) -> bool:
    """Everything but nil and false counts as true: also 0 and the empty text."""
    return value is not None and value is not False


def text(value: object) -> str:
    """`to_s`: what interpolating a value into a message gives."""
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else inspect(value)


def inspect(value: object) -> str:
    match value:
        case None:
            return "nil"
        case bool():
            return "true" if value else "false"
        case float():
            return _float(value)
        case Symbol():
            return f":{value}"
        case str():
            return _quoted(value)
        case list():
            return f"[{', '.join(map(inspect, value))}]"
        case dict():
            return "{" + ", ".join(f"{inspect(k)}=>{inspect(v)}" for k, v in value.items()) + "}"
    return str(value)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _float(value: float) -> str:
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if math.isnan(value):
        return "NaN"
    plain = repr(value)
    mantissa, _, exponent = plain.partition("e")
    if not exponent:
        return plain
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{int(exponent):+03d}"


def integer(value: object) -> int | None:
    """`to_i`; None where the value has no such method."""
    match value:
        case bool() | Symbol():
            return None
        case int():
            return value
        case float():
            return int(value) if math.isfinite(value) else None
        case str():
            digits = re.match(r"\s*([-+]?\d+(?:_\d+)*)", value, re.ASCII)
            return int(digits[1].replace("_", "")[:4000]) if digits else 0
    return None


def join(left: str, right: str) -> str:
    return f"{left.rstrip('/')}/{right.lstrip('/')}"


def dirname(path: str) -> str:
    parent, slash, _ = path.rstrip("/").rpartition("/")
    return parent.rstrip("/") or ("/" if slash or path.startswith("/") else ".")


def basename(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2] or ("/" if path else "")


def expand_path(path: str) -> str:
    """Absolute, with `~`, `.` and `..` resolved by name only."""
    if path.startswith("~"):
        known = os.path.expanduser(path)
        if known.startswith("~"):
            raise AgentError(f"user {path[1:].partition('/')[0]} doesn't exist")
        path = known
    return re.sub("^/+", "/", os.path.abspath(path))


def command(line: str) -> list[str]:
    """The argv that a command line runs as: a shell only where it has a character for one."""
    return ["/bin/sh", "-c", line] if SHELL_CHARACTERS.intersection(line) else line.split()
