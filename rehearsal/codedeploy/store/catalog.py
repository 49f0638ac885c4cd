"""Applications, their revisions, and deployment configurations."""

from __future__ import annotations

import json
import sqlite3
import uuid
from dataclasses import dataclass
from typing import Any

from .db import Database, dump


@dataclass(frozen=True, slots=True)
class Application:
    name: str
    id: str
    created: float


@dataclass(frozen=True, slots=True)
class Revision:
    key: str
    location: dict[str, Any]
    description: str | None
    registered: float | None
    first_used: float | None
    last_used: float | None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    name: str
    id: str
    created: float
    document: dict[str, Any]


class Applications:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, name: str, now: float) -> Application:
        application = Application(name, str(uuid.uuid4()), now)
        self._db.run("INSERT INTO application (name, id, created) VALUES (?, ?, ?)", name, application.id, now)
        return application

    def get(self, name: str) -> Application | None:
        row = self._db.row("SELECT name, id, created FROM application WHERE name = ?", name)
        return Application(**dict(row)) if row else None

    def names(self) -> list[str]:
        return [row["name"] for row in self._db.rows("SELECT name FROM application ORDER BY name")]

    def rename(self, old: str, new: str) -> None:
        self._db.run("UPDATE application SET name = ? WHERE name = ?", new, old)
        self._db.run("UPDATE deployment SET application = ? WHERE application = ?", new, old)

    def remove(self, name: str) -> None:
        self._db.run("DELETE FROM application WHERE name = ?", name)


class Revisions:
    def __init__(self, db: Database) -> None:
        self._db = db

    def register(self, application: str, location: dict[str, Any], description: str | None, now: float) -> str:
        """Record a revision; a second registration renews description and time."""
        key = dump(location)
        self._db.run(
            "INSERT INTO revision (application, key, location, description, registered) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET registered = excluded.registered,"
            " description = coalesce(excluded.description, description)",
            application,
            key,
            key,
            description,
            now,
        )
        return key

    def register_if_new(self, application: str, location: dict[str, Any], now: float) -> None:
        """A revision that is deployed without having been registered is registered by that."""
        key = dump(location)
        sql = "INSERT OR IGNORE INTO revision (application, key, location, registered) VALUES (?, ?, ?, ?)"
        self._db.run(sql, application, key, key, now)

    def used(self, application: str, key: str, group: str, now: float) -> None:
        self._db.run(
            "UPDATE revision SET first_used = coalesce(first_used, ?), last_used = ? WHERE application = ? AND key = ?",
            now,
            now,
            application,
            key,
        )
        self._db.run("INSERT OR IGNORE INTO revision_use VALUES (?, ?, ?)", application, key, group)

    def get(self, application: str, location: dict[str, Any]) -> Revision | None:
        found = [each for each in self.of(application) if each.key == dump(location)]
        return found[0] if found else None

    def of(self, application: str) -> list[Revision]:
        users: dict[str, list[str]] = {}
        for row in self._db.rows("SELECT key, deployment_group FROM revision_use WHERE application = ?", application):
            users.setdefault(row["key"], []).append(row["deployment_group"])
        rows = self._db.rows("SELECT * FROM revision WHERE application = ? ORDER BY registered, key", application)
        return [_revision(row, tuple(users.get(row["key"], ()))) for row in rows]


def _revision(row: sqlite3.Row, groups: tuple[str, ...]) -> Revision:
    times = (row["registered"], row["first_used"], row["last_used"])
    return Revision(row["key"], json.loads(row["location"]), row["description"], *times, groups)


class Configs:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, name: str, document: dict[str, Any], now: float) -> Config:
        config = Config(name, str(uuid.uuid4()), now, document)
        self._db.run("INSERT INTO config VALUES (?, ?, ?, ?)", name, config.id, now, dump(document))
        return config

    def get(self, name: str) -> Config | None:
        row = self._db.row("SELECT * FROM config WHERE name = ?", name)
        return Config(row["name"], row["id"], row["created"], json.loads(row["document"])) if row else None

    def names(self) -> list[str]:
        return [row["name"] for row in self._db.rows("SELECT name FROM config ORDER BY name")]

    def remove(self, name: str) -> None:
        self._db.run("DELETE FROM config WHERE name = ?", name)
