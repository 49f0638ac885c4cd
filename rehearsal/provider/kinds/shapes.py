"""Between Pulumi's `cidrBlock` and the API's `CidrBlock`: names, tags, and the parts that every handler shares."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.provider.values import Props


def pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def params(inputs: Props, names: str, **renamed: str) -> dict[str, Any]:
    """Request parameters from the inputs that are given: `cidrBlock` → `CidrBlock`, or as `renamed`."""
    pairs = {**{name: pascal(name) for name in names.split()}, **renamed}
    return {parameter: inputs[name] for name, parameter in pairs.items() if inputs.get(name) is not None}


def outputs(live: Mapping[str, Any], names: str, **renamed: str) -> Props:
    """Outputs from what the service says it has: `CidrBlock` → `cidrBlock`; what it leaves out is left out."""
    pairs = {**{name: pascal(name) for name in names.split()}, **renamed}
    return {name: live[field] for name, field in pairs.items() if live.get(field) is not None}


def pascal_tree(value: Any, renamed: Mapping[str, str] | None = None) -> Any:
    """A whole structure in the API's spelling."""
    renamed = renamed or {}
    if isinstance(value, Mapping):
        return {renamed.get(key, pascal(key)): pascal_tree(item, renamed)
                for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [pascal_tree(item, renamed) for item in value]
    return value


def camel_tree(value: Any, renamed: Mapping[str, str] | None = None) -> Any:
    """A whole structure in Pulumi's spelling."""
    renamed = renamed or {}
    if isinstance(value, Mapping):
        return {renamed.get(key, camel(key)): camel_tree(item, renamed) for key, item in value.items()}
    if isinstance(value, list):
        return [camel_tree(item, renamed) for item in value]
    return value


def tag_list(tags: Mapping[str, Any] | None) -> list[dict[str, str]]:
    return [{"Key": key, "Value": str(value)} for key, value in sorted((tags or {}).items())]


def tag_map(tags: Iterable[Mapping[str, str]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    """The tags that people set; what starts with `aws:` is the service's own."""
    return {tag[key]: tag[value] for tag in tags or [] if not tag[key].startswith("aws:")}


def retagged(old: Props, new: Props) -> tuple[dict[str, str], list[str]]:
    """Tags to set, and keys to remove."""
    before, after = old.get("tagsAll") or {}, new.get("tagsAll") or {}
    return {k: str(v) for k, v in after.items() if before.get(k) != v}, sorted(before.keys() - after.keys())


def only(items: Iterable[Any]) -> Any:
    """The first item, `None` when there is none: listings by id hold at most one."""
    return next(iter(items), None)


def added_removed(old: Props, new: Props, name: str) -> tuple[list[Any], list[Any]]:
    """What a list property gained and lost."""
    before, after = old.get(name) or [], new.get(name) or []
    return [item for item in after if item not in before], [item for item in before if item not in after]


def hashed(*parts: str) -> str:
    """Stable digits for ids that no service gives out."""
    return str(zlib.crc32("-".join(parts).encode()))
