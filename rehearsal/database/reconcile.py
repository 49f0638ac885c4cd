"""Which instances should run, and how, by what the RDS API says; and what is to be done so that they do: pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rehearsal.database.model import Instance


@dataclass(frozen=True)
class Create:
    instance: Instance


@dataclass(frozen=True)
class Change:
    """Other parameters, another password."""

    instance: Instance


@dataclass(frozen=True)
class Shape:
    """With a standby, or without."""

    instance: Instance


@dataclass(frozen=True)
class Halt:
    instance: Instance


@dataclass(frozen=True)
class Resume:
    instance: Instance


@dataclass(frozen=True)
class Remove:
    identifier: str


Action = Create | Change | Shape | Halt | Resume | Remove


def reconcile(want: Mapping[str, Instance], now: Mapping[str, Instance], on_disk: Collection[str] = ()) -> list[Action]:
    """What must go, goes first. `now` is how each running one was last described; `on_disk` is what others left."""
    actions: list[Action] = [Remove(name) for name in sorted({*now, *on_disk} - want.keys())]
    for name, instance in sorted(want.items()):
        before = now.get(name)
        if before is not None and made_anew(before, instance):
            actions += [Remove(name), Create(instance)]
        elif before is None:
            actions.append(Create(instance))
        else:
            actions += _differences(before, instance)
    return actions


def made_anew(before: Instance, after: Instance) -> bool:
    """What RDS cannot change either, or can by making the endpoint anew."""
    return (before.host, before.port, before.engine, before.database, before.master.user) != (
        after.host, after.port, after.engine, after.database, after.master.user)


def _differences(before: Instance, after: Instance) -> list[Action]:
    if after.stopped:
        return [] if before.stopped else [Halt(after)]
    actions: list[Action] = [Resume(after)] if before.stopped else []
    if before.multi_az != after.multi_az:
        actions.append(Shape(after))
    if before != after and not actions:
        actions.append(Change(after))
    return actions
