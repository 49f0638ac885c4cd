"""What lives in a VPC and is no instance: balancers, the database. Whoever runs one says so in a file of its own.

    <state>/parts/<part>.json   {"vpc": "vpc-1", "addresses": ["10.0.0.10"],
                                 "groups": {"sg-alb": ["10.0.0.10"]}, "names": {"db.example": "10.0.128.9"}}

Its addresses are put on the VPC's bridge, its names into the VPC's resolver, and it counts as a member of its groups.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.fleet.sg import Members


@dataclass(frozen=True)
class Part:
    vpc: str
    addresses: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def read(state: Path) -> list[Part]:
    """What is being written at this moment is read the next time."""
    found = []
    for path in sorted((state / "parts").glob("*.json")):
        try:
            row = json.loads(path.read_text())
            groups = {group: tuple(addresses) for group, addresses in row.get("groups", {}).items()}
            found.append(Part(row["vpc"], tuple(row.get("addresses", ())), groups, row.get("names", {})))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def write(state: Path, name: str, part: Part) -> None:
    directory = state / "parts"
    directory.mkdir(parents=True, exist_ok=True)
    made = directory / f".{name}.new"
    made.write_text(json.dumps({"vpc": part.vpc, "addresses": part.addresses, "groups": dict(part.groups),
                                "names": dict(part.names)}))
    made.replace(directory / f"{name}.json")


def remove(state: Path, name: str) -> None:
    (state / "parts" / f"{name}.json").unlink(missing_ok=True)


def joined(members: Members, parts: Iterable[Part]) -> Members:
    """The members of all groups, with what the parts add."""
    made = dict(members)
    for part in parts:
        for group, addresses in part.groups.items():
            made[group] = made.get(group, frozenset()) | frozenset(addresses)
    return made
