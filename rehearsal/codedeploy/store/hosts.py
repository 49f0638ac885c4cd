"""Hosts: agents that were ever heard of, on-premises registrations, instances being launched, mail to be sent."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from .db import Database, dump

Tags = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class OnPremises:
    name: str
    arn: str
    iam_session_arn: str | None
    iam_user_arn: str | None
    registered: float
    deregistered: float | None
    tags: Tags


@dataclass(frozen=True, slots=True)
class Launch:
    """An instance that waits in a launch hook for the group's revision. `outcome`: CONTINUE or ABANDON."""

    group_id: str
    instance: str
    asg: str
    hook: str
    deployment: str | None
    outcome: str | None
    delivered: bool
    since: float
    beaten: float


@dataclass(frozen=True, slots=True)
class Letter:
    id: int
    topic: str
    subject: str
    message: str
    failures: int


class Hosts:
    def __init__(self, db: Database) -> None:
        self._db = db

    def seen(self, host: str, now: float) -> None:
        self._db.run("INSERT OR IGNORE INTO host (id, first_seen) VALUES (?, ?)", host, now)

    def ever_seen(self) -> set[str]:
        return {row["id"] for row in self._db.rows("SELECT id FROM host")}

    # -- on premises --

    def register(self, host: OnPremises) -> None:
        self._db.run(
            "INSERT INTO on_premises VALUES (?, ?, ?, ?, ?, NULL, '[]') ON CONFLICT DO UPDATE SET"
            " iam_session_arn = excluded.iam_session_arn, iam_user_arn = excluded.iam_user_arn,"
            " registered = excluded.registered, deregistered = NULL, tags = '[]'",
            host.name,
            host.arn,
            host.iam_session_arn,
            host.iam_user_arn,
            host.registered,
        )

    def deregister(self, name: str, now: float) -> None:
        self._db.run("UPDATE on_premises SET deregistered = ? WHERE name = ?", now, name)

    def tag(self, name: str, tags: Tags) -> None:
        self._db.run("UPDATE on_premises SET tags = ? WHERE name = ?", dump(tags), name)

    def get(self, name: str) -> OnPremises | None:
        row = self._db.row("SELECT * FROM on_premises WHERE name = ?", name)
        return _on_premises(row) if row else None

    def on_premises(self) -> list[OnPremises]:
        return [_on_premises(row) for row in self._db.rows("SELECT * FROM on_premises ORDER BY name")]


def _on_premises(row: sqlite3.Row) -> OnPremises:
    return OnPremises(**{**dict(row), "tags": json.loads(row["tags"])})


class Launches:
    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, group_id: str, instance: str, asg: str, hook: str, now: float) -> None:
        sql = "INSERT OR REPLACE INTO launch VALUES (?, ?, ?, ?, NULL, NULL, 0, ?, ?)"
        self._db.run(sql, group_id, instance, asg, hook, now, now)

    def deploying(self, group_id: str, instance: str, deployment_id: str) -> None:
        sql = "UPDATE launch SET deployment = ? WHERE group_id = ? AND instance = ?"
        self._db.run(sql, deployment_id, group_id, instance)

    def decided(self, group_id: str, instance: str, outcome: str) -> None:
        sql = "UPDATE launch SET outcome = ? WHERE group_id = ? AND instance = ?"
        self._db.run(sql, outcome, group_id, instance)

    def delivered(self, group_id: str, instance: str) -> None:
        self._db.run("UPDATE launch SET delivered = 1 WHERE group_id = ? AND instance = ?", group_id, instance)

    def beaten(self, group_id: str, instance: str, now: float) -> None:
        self._db.run("UPDATE launch SET beaten = ? WHERE group_id = ? AND instance = ?", now, group_id, instance)

    def forget(self, group_id: str, instance: str) -> None:
        self._db.run("DELETE FROM launch WHERE group_id = ? AND instance = ?", group_id, instance)

    def of(self, group_id: str) -> dict[str, Launch]:
        rows = self._db.rows("SELECT * FROM launch WHERE group_id = ?", group_id)
        return {row["instance"]: Launch(**{**dict(row), "delivered": bool(row["delivered"])}) for row in rows}

    def undelivered(self) -> list[Launch]:
        rows = self._db.rows("SELECT * FROM launch WHERE outcome IS NOT NULL AND NOT delivered")
        return [Launch(**{**dict(row), "delivered": False}) for row in rows]


class Outbox:
    """Notifications leave in order, at least once."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, topic: str, subject: str, message: str) -> None:
        self._db.run("INSERT INTO outbox (topic, subject, message) VALUES (?, ?, ?)", topic, subject, message)

    def due(self, now: float) -> list[Letter]:
        sql = "SELECT id, topic, subject, message, failures FROM outbox WHERE due <= ? ORDER BY id LIMIT 20"
        return [Letter(**dict(row)) for row in self._db.rows(sql, now)]

    def sent(self, letter: Letter) -> None:
        self._db.run("DELETE FROM outbox WHERE id = ?", letter.id)

    def failed(self, letter: Letter, again: float) -> None:
        self._db.run("UPDATE outbox SET failures = failures + 1, due = ? WHERE id = ?", again, letter.id)
