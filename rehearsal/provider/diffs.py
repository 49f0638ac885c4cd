"""What changes between the inputs a resource was made with and those it is to have: a pure decision."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from rehearsal.provider.assets import is_asset
from rehearsal.provider.kind import Kind
from rehearsal.provider.values import Props, Unknown, has_unknown, same_document

How = Literal["add", "delete", "update"]
STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.\[\]]+)')


@dataclass(frozen=True)
class Diff:
    """`changes` by path (`tags.Name`, `ingress[0].fromPort`); `replaces` names the properties that force a new one."""

    changes: dict[str, How] = field(default_factory=dict)
    properties: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    delete_first: bool = False


def diff(kind: Kind, id_: str, olds: Props, news: Props, ignore: Iterable[str] = ()) -> Diff:
    """`olds` and `news` are checked inputs."""
    news = with_ignored(olds, news, ignore)
    changes: dict[str, How] = {}
    properties = []
    for name in sorted((olds.keys() | news.keys()) - {"__defaults", "region"}):
        if not same(kind, name, olds.get(name), news.get(name)):
            properties.append(name)
            changes |= dict(_paths(kind, name, olds.get(name), news.get(name)))
    if kind.tag and "tags" in properties and same(kind, "tagsAll", olds.get("tagsAll"), news.get("tagsAll")):
        properties.remove("tags")     # a tag moved between the program's own and the default ones: nothing changes
        changes = {path: how for path, how in changes.items() if not re.match(r"tags\b", path)}
    forced = {*kind.replaces(olds, news)}
    replaces = tuple(name for name in properties if name in forced or name not in kind.updatable)
    return Diff(changes, tuple(properties), replaces, bool(replaces) and _same_name(kind, id_, olds, news))


def _same_name(kind: Kind, id_: str, olds: Props, news: Props) -> bool:
    """Whether old and new cannot live side by side."""
    if kind.naming and kind.naming.property in news.get("__defaults", []):
        return False        # the new one gets a new name
    if kind.id_of and not has_unknown(news):
        return kind.id_of(news) == id_
    return kind.naming is not None and bool(olds.get(kind.naming.property) == news.get(kind.naming.property))


def same(kind: Kind, name: str, one: Any, other: Any) -> bool:
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return False
    if one in (None, [], {}, "") and other in (None, [], {}, ""):
        return True
    return _same(kind, name, one, other)


def _same(kind: Kind, name: str, one: Any, other: Any) -> bool:
    """Inside a value, `{}` says something: `{"block": {}}` is not `{"allow": {}}`."""
    if name in kind.documents.split():
        return same_document(one, other)
    return bool(canonical(kind, name, one) == canonical(kind, name, other))


def canonical(kind: Kind, name: str, value: Any) -> Any:
    """The value, so that equal meaning is equal data: sets sorted, empty things left out."""
    if is_asset(value):
        return value.get("hash")
    if isinstance(value, dict):
        found = {key: canonical(kind, key, item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not None and item != []}
    if isinstance(value, list):
        items = [canonical(kind, name, item) for item in value]
        return sorted(items, key=_order) if name in kind.sets.split() else items
    return value


def _order(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def _paths(kind: Kind, path: str, old: Any, new: Any) -> Iterator[tuple[str, How]]:
    if isinstance(old, dict) and isinstance(new, dict) and not is_asset(new):
        for key in sorted(old.keys() | new.keys()):
            if not _same(kind, key, old.get(key), new.get(key)):
                step = f".{key}" if re.fullmatch(r"\w+", key) else f"[{json.dumps(key)}]"
                yield from _paths(kind, path + step, old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            if not _same(kind, path, one, other):
                yield from _paths(kind, f"{path}[{index}]", one, other)
    else:
        yield path, "add" if old is None else "delete" if new is None else "update"


def with_ignored(olds: Props, news: Props, ignore: Iterable[str]) -> Props:
    """The new inputs, with what stands at every ignored path as it was."""
    result = news
    for path in ignore:
        steps = [quoted or index or plain for quoted, index, plain in STEP.findall(path)]
        result = _kept(result, olds, steps)
    return result


def _kept(new: Any, old: Any, steps: list[str]) -> Any:
    head, rest = steps[0], steps[1:]
    if isinstance(new, list) and isinstance(old, list):
        chosen = range(min(len(new), len(old))) if head == "*" else [int(head)] if head.isdigit() else []
        return [_at(item, old[i], rest) if i in chosen else item for i, item in enumerate(new)]
    if not isinstance(new, dict) or not isinstance(old, dict):
        return new
    if rest:
        return {**new, head: _kept(new[head], old[head], rest)} if head in new and head in old else new
    without = {key: value for key, value in new.items() if key != head}
    return {**without, head: old[head]} if head in old else without


def _at(new: Any, old: Any, steps: list[str]) -> Any:
    return _kept(new, old, steps) if steps else old
