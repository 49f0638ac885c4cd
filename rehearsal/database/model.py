"""What the RDS API says of a database instance, and where its servers stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

STANDING = ("stopped", "stopping")


class Side(StrEnum):
    """The two places of an instance. Which of them is the primary, changes."""

    A = "a"
    B = "b"

    @property
    def other(self) -> Side:
        return Side.B if self is Side.A else Side.A


@dataclass(frozen=True)
class Master:
    """The master user, as Secrets Manager keeps it."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Instance:
    identifier: str
    host: str                           # the endpoint's name; its address moves
    port: int
    engine: str
    version: str
    database: str
    master: Master
    multi_az: bool = False
    zones: tuple[str, str] = ("", "")   # of the sides A and B
    parameters: Mapping[str, str] = field(default_factory=dict)
    stopped: bool = False

    @property
    def sides(self) -> tuple[Side, ...]:
        return (Side.A, Side.B) if self.multi_az else (Side.A,)


@dataclass(frozen=True)
class Where:
    """Where one server runs: its address, and what runs it there (such as `nsenter -t 1234 -n --`).

    The prefix has to become the server, not to start it: the server is known by the pid that we started.
    """

    address: str
    port: int
    prefix: tuple[str, ...] = ()


class Names(Protocol):
    """The DNS of the VPC."""

    def point(self, name: str, address: str) -> None: ...

    def forget(self, name: str) -> None: ...


class Places(Protocol):
    """Who gives a server its address."""

    def place(self, instance: Instance, side: Side) -> Where: ...


class NamesInMemory:
    """For one process and its tests."""

    def __init__(self) -> None:
        self.records: dict[str, str] = {}

    def point(self, name: str, address: str) -> None:
        self.records[name] = address

    def forget(self, name: str) -> None:
        self.records.pop(name, None)


@dataclass(frozen=True)
class Standing:
    """How an instance really stands, in RDS's words."""

    identifier: str
    status: str
    zone: str
    other_zone: str | None
    engine: str                         # what really runs
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"DBInstanceIdentifier": self.identifier, "DBInstanceStatus": self.status, "AvailabilityZone": self.zone,
                "SecondaryAvailabilityZone": self.other_zone, "engine": self.engine, "remarks": list(self.remarks)}
