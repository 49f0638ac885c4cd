"""What is not as the program left it: changed things, deleted things, and things that the program never made.

The last kind is what a plan cannot show: a plan asks after what it knows. Here, everything that hangs on a managed
resource, or lives in the account, is listed, and what nobody owns is named, with what it was added to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from rehearsal.provider.diffs import same
from rehearsal.provider.events import HIDDEN, Change
from rehearsal.provider.journal import Record
from rehearsal.provider.kinds import KINDS, kind_of
from rehearsal.provider.known import records
from rehearsal.provider.project import ROOT, Project
from rehearsal.provider.provider import Provider
from rehearsal.provider.settings import configured
from rehearsal.provider.surroundings import ACCOUNT, AROUND, Thing, claims

AT_ONCE = 16


@dataclass(frozen=True)
class Finding:
    """One thing that is not the program's doing."""

    what: Literal["changed", "deleted", "unmanaged"]
    type: str
    name: str           # the program's for what it made, the service's for what it did not
    id: str
    owner: str
    said: str = ""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Drift:
    findings: tuple[Finding, ...]
    looked_at: int
    others: tuple[Finding, ...]     # made by AWS's own services, and by hosts: named, and no drift

    @property
    def is_clean(self) -> bool:
        return not self.findings


def drift(stack: str, *, endpoint: str, state: Path, root: Path = ROOT) -> Drift:
    """Compares what is recorded with what is there. Changes neither."""
    known = records(Project(root, stack), state)
    providers = {f"{r.urn}::{r.id}": configured(r.inputs, endpoint=endpoint)
                 for r in known if r.type.startswith("pulumi:providers:")}
    made = [record for record in known if record.custom and record.type in KINDS]
    owners = Owners(known)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        moved = pool.map(lambda record: _compare(providers[record.provider], record, owners), made)
        around = pool.map(lambda record: _surroundings(providers[record.provider], record), made)
        alone = pool.map(lambda look: [(thing, None) for thing in look(next(iter(providers.values())).aws)],
                         ACCOUNT if providers else ())
        findings = [found for found in moved if found]
        things = [*chain.from_iterable(around), *chain.from_iterable(alone)]
    strangers, others = _strangers(things, made, owners)
    return Drift((*findings, *strangers), len(made), tuple(others))


class Owners:
    """Who owns what: the component that a resource belongs to, in the program's words."""

    def __init__(self, known: Iterable[Record]) -> None:
        self._known = {record.urn: record for record in known}

    def of(self, record: Record) -> str:
        parent = self._known.get(record.parent)
        return f"{parent.type} {parent.name}" if parent and not parent.type.startswith("pulumi:") else "the program"


def _compare(provider: Provider, record: Record, owners: Owners) -> Finding | None:
    kind = kind_of(record.type)
    found = provider.read(record.type, record.name, record.id, record.inputs, record.outputs)
    if found is None:
        return Finding("deleted", record.type, record.name, record.id, owners.of(record))
    ignored = {path.split(".")[0].split("[")[0] for path in record.ignore}
    changes = tuple(
        _change(record, name, value) for name, value in sorted(found[1].items())
        if name not in ignored | {*record.secrets, "tags"} and not same(kind, name, value, record.outputs.get(name)))
    if not changes:
        return None
    return Finding("changed", record.type, record.name, record.id, owners.of(record), changes=changes)


def _change(record: Record, name: str, value: object) -> Change:
    old = HIDDEN if name in record.secrets else record.outputs.get(name)
    return Change(name, "update", old, HIDDEN if name in record.secrets else value)


def _surroundings(provider: Provider, record: Record) -> list[tuple[Thing, Record | None]]:
    look: Callable[..., Iterable[Thing]] | None = AROUND.get(record.type)
    return [(thing, record) for thing in look(provider.aws, record.id, {**record.outputs, **record.inputs})]\
        if look else []


def _strangers(things: Iterable[tuple[Thing, Record | None]], made: Iterable[Record],
               owners: Owners) -> tuple[list[Finding], list[Finding]]:
    claimed = {claim for record in made for claim in claims(record.type, record.id, record.inputs)}
    strangers: dict[tuple[str, str], Finding] = {}
    others: dict[tuple[str, str], Finding] = {}
    for thing, record in things:
        key = (thing.type, thing.id)
        if key in claimed or key in strangers or key in others:
            continue
        beside = f"nobody; added to {record.type} {record.name} of {owners.of(record)}" if record else "nobody"
        name = thing.name or thing.id.rsplit(":", 1)[-1] if thing.id.startswith("arn:") else thing.name or thing.id
        found = Finding("unmanaged", thing.type, name, thing.id, thing.owner or beside, thing.said)
        (others if thing.owner else strangers)[key] = found
    return [*strangers.values()], [*others.values()]
