"""Physical names as Pulumi's AWS provider makes them up: the logical name, `-`, and seven hex digits."""

from __future__ import annotations

import hashlib
import secrets

from rehearsal.provider.kind import Kind, Problem
from rehearsal.provider.values import Props

DIGITS = 7
PREFIX_DIGITS = 26      # after a prefix of the program's own, the provider adds this many


def named(kind: Kind, logical: str, olds: Props, news: Props, seed: bytes) -> tuple[Props, list[Problem]]:
    """The inputs with a name: the program's, else the one it has had, else a new one."""
    naming = kind.naming
    if naming is None or news.get(naming.property) is not None:
        return news, _too_long(kind, news)
    if naming.property in olds.get("__defaults", []) and olds.get(naming.prefixed_by) == news.get(naming.prefixed_by):
        made = str(olds[naming.property])
    else:
        made = _make(kind, logical, news, seed)
    result = {**news, naming.property: made, "__defaults": [naming.property]}
    return result, _too_long(kind, result)


def _make(kind: Kind, logical: str, news: Props, seed: bytes) -> str:
    assert kind.naming
    digest = hashlib.sha256(seed or secrets.token_bytes(16)).hexdigest()
    given = news.get(kind.naming.prefixed_by)
    name = f"{given}{digest[:PREFIX_DIGITS]}" if given else f"{kind.naming.prefix}{logical}-{digest[:DIGITS]}"
    return name.lower() if kind.naming.lower else name


def _too_long(kind: Kind, news: Props) -> list[Problem]:
    if kind.naming is None:
        return []
    name = news.get(kind.naming.property)
    if not isinstance(name, str) or len(name) <= kind.naming.longest:
        return []
    return [Problem(kind.naming.property, f"{name!r} has {len(name)} characters; {kind.naming.longest} are allowed")]
