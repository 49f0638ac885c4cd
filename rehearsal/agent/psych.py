"""YAML as the official agent reads it: Ruby's Psych, whose plain scalars differ from PyYAML's, and no aliases.

`0644` is 420, `08` is text, `1:30` is 5400. Mappings and lists remember their lines, so that an error can name one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from rehearsal.agent.errors import UnreadableAppSpecError
from rehearsal.agent.ruby import Symbol

MAX_BYTES = 1 << 20
PLAIN = "!plain"
RUBY = ("!ruby", "tag:ruby.yaml.org")

WORDS = re.compile(r"[^\d.:-]?[^\W\d]|[^\d.:-]?[\s!@#$%^&*(){}<>|/\\~;=]", re.UNICODE)
TIME = re.compile(r"-?\d{4}-\d{1,2}-\d{1,2}([Tt]|\s+)\d{1,2}:\d\d:\d\d(\.\d*)?(\s*(Z|[-+]\d{1,2}:?(\d\d)?))?", re.ASCII)
DATE = re.compile(r"\d{4}-(1[012]|0\d|\d)-([12]\d|3[01]|0\d|\d)", re.ASCII)
SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9]){1,2}")
FLOAT = re.compile(r"[-+]?([0-9][0-9_,]*)?\.[0-9]*([eE][+-][0-9]+)?")
INTEGERS = {
    2: re.compile(r"[-+]?0b[_,]*[01][01_,]*"),
    8: re.compile(r"[-+]?0[_,]*[0-7][0-7_,]*"),
    10: re.compile(r"[-+]?(0|[1-9]([0-9]|,[0-9]|_[0-9])*)"),
    16: re.compile(r"[-+]?0[xX][_,]*[0-9a-fA-F][0-9a-fA-F_,]*"),
}
SPECIAL = {".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}
WORD_VALUES = {"~": None, "null": None} | dict.fromkeys(("yes", "true", "on"), True) | dict.fromkeys(
    ("no", "false", "off"), False
)


class Map(dict[Any, Any]):
    """A mapping that knows its line, and the line of each of its keys."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[Any, int] = {}


class Seq(list[Any]):
    """A list that knows its line, and the line of each of its items."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


class UnspecifiedClassError(Exception):
    """A plain scalar stands for a class that is not loaded from YAML."""


def scalar(value: str) -> Any:
    """What a plain scalar means."""
    if value == "":
        return None
    if "\n" in value or WORDS.match(value):
        return WORD_VALUES.get(value.lower(), value) if len(value) <= 5 else value
    if TIME.fullmatch(value) or DATE.fullmatch(value):
        raise UnspecifiedClassError("Tried to load unspecified class: " + ("Date" if DATE.fullmatch(value) else "Time"))
    if value.lower() in SPECIAL:
        return SPECIAL[value.lower()]
    if value[0] == ":" and len(value) > 1:
        return Symbol(value[1:].strip("\"'"))
    return number(value)


def number(value: str) -> Any:
    if SEXAGESIMAL.fullmatch(value):
        parts = value.replace("_", "").split(":")
        return sum(int(part) * 60 ** abs(place - 2) for place, part in enumerate(parts))
    if FLOAT.fullmatch(value):
        digits = re.sub("[,_]", "", value)
        return float(digits) if re.match(r"[-+]?(\d|\.\d)", digits) else value
    for base, form in INTEGERS.items():
        if form.fullmatch(value):
            return _integer(re.sub("[,_]", "", value), base)
    return value


def _integer(digits: str, base: int) -> int | float:
    sign = -1 if digits[0] == "-" else 1
    digits = digits.lstrip("+-").removeprefix("0b" if base == 2 else "")
    if base == 10 and len(digits) > 4000:
        return sign * float("inf")  # Python refuses such integers; whatever it was for, it is too large
    return sign * int(digits, base)


class Loader(yaml.SafeLoader):
    """Composes one document; every scalar keeps whether it was plain."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        if kind is yaml.ScalarNode and implicit[0]:
            return PLAIN
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, f"Unknown alias: {event.anchor}", event.start_mark)
        return super().compose_node(parent, index)


def value_of(node: yaml.Node) -> Any:
    line = node.start_mark.line + 1
    if node.tag.startswith(RUBY):
        raise yaml.constructor.ConstructorError(None, None, f"unspecified class: {node.tag}", node.start_mark)
    if isinstance(node, yaml.MappingNode):
        return _map(node, Map(line))
    if isinstance(node, yaml.SequenceNode):
        items = Seq(line)
        items.extend(map(value_of, node.value))
        items.lines.extend(item.start_mark.line + 1 for item in node.value)
        return items
    return _scalar(node)


def _map(node: yaml.MappingNode, found: Map) -> Map:
    for key_node, value_node in node.value:
        key = value_of(key_node)
        value = value_of(value_node)
        if isinstance(key, Map | Seq):
            raise yaml.constructor.ConstructorError(None, None, "a key that is not a scalar", key_node.start_mark)
        if key == "<<" and isinstance(value, Map):
            found.update(value)
            found.lines.update(value.lines)
            continue
        found[key] = value
        found.lines[key] = key_node.start_mark.line + 1
    return found


def _scalar(node: yaml.Node) -> Any:
    if node.tag != PLAIN and not node.tag.endswith((":int", ":float", ":bool", ":null")):
        return node.value
    try:
        return scalar(node.value)
    except UnspecifiedClassError as error:
        raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from None


def read(path: Path) -> Any:
    """The first document of a YAML file; what cannot be read is said with the file and the line."""
    raw = path.read_bytes()
    if len(raw) > MAX_BYTES:
        raise UnreadableAppSpecError(f"{path}: {len(raw)} bytes are too many for an AppSpec file ({MAX_BYTES} at most)")
    try:
        source = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableAppSpecError(f"{path} line {raw[: error.start].count(10) + 1}: not UTF-8") from None
    if source.startswith("\ufeff"):
        raise UnreadableAppSpecError(f"{path} line 1: a byte order mark hides the first key; save the file without it")
    return parse(path, source)


def parse(path: Path, source: str) -> Any:
    try:
        loader = Loader(source)
        try:
            document = loader.get_node() if loader.check_node() else None
            return None if document is None else value_of(document)
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        line = source[: error.position].count("\n") + 1
        found = f"{error.reason} (#x{ord(source[error.position]):04x})"
        raise UnreadableAppSpecError(f"{path} line {line}: {found}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UnreadableAppSpecError(f"{path}{where}: {error.problem or error.context}") from None
    except RecursionError:
        raise UnreadableAppSpecError(f"{path} line 1: nested too deeply to be read") from None
