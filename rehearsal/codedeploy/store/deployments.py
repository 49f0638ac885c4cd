"""Deployments: what was asked for, the machine's state of it, and its targets one row each."""

from __future__ import annotations

import json
import secrets
import sqlite3
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..machine import Decision, Deployment, Target
from . import codec
from .db import Database, dump

ALPHABET = string.ascii_uppercase + string.digits
COLUMNS = "seq, id, application, group_name, group_id, exclusive, request, notes"


def new_id() -> str:
    """A deployment's name, as CodeDeploy gives them: d-ABCDEF123."""
    return "d-" + "".join(secrets.choice(ALPHABET) for _ in range(9))


@dataclass(frozen=True, slots=True)
class Record:
    """A deployment as the API knows it. `request` never changes; `notes` gathers what came of it elsewhere."""

    id: str
    application: str
    group: str
    group_id: str
    exclusive: bool
    request: dict[str, Any]
    notes: dict[str, Any]

    @property
    def creator(self) -> str:
        return str(self.request["creator"])

    @property
    def revision_key(self) -> str:
        return dump(self.request["revision"])


class Deployments:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, record: Record, deployment: Deployment) -> None:
        """Raises sqlite3.IntegrityError if its group has an active deployment already."""
        self._db.run(
            "INSERT INTO deployment (id, application, group_name, group_id, status, active, exclusive, created,"
            " request, notes, plan, state) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)",
            record.id,
            record.application,
            record.group,
            record.group_id,
            deployment.status,
            record.exclusive,
            deployment.created,
            dump(record.request),
            dump(record.notes),
            codec.plan_text(deployment.plan),
            codec.state_text(deployment),
        )

    def save(self, before: Deployment, decision: Decision) -> None:
        """Write what a decision changed, and only that."""
        after = decision.deployment
        deployment_id = after.plan.deployment_id
        self._db.run(
            "UPDATE deployment SET status = ?, active = ?, state = ? WHERE id = ?",
            after.status,
            not after.over,
            codec.state_text(after),
            deployment_id,
        )
        if not before.targets:
            found = enumerate(after.targets.values())
            rows = [(deployment_id, each.id, place, each.phase, codec.target_text(each)) for place, each in found]
            self._db.run_many("INSERT INTO target VALUES (?, ?, ?, ?, ?)", rows)
            return
        changed = [after.targets[name] for name in decision.changed]
        self._db.run_many(
            "UPDATE target SET phase = ?, document = ? WHERE deployment = ? AND id = ?",
            [(each.phase, codec.target_text(each), deployment_id, each.id) for each in changed],
        )

    def note(self, deployment_id: str, notes: Mapping[str, Any]) -> None:
        """Add to a deployment's notes."""
        record = self.get(deployment_id)
        if record is not None:
            self._db.run("UPDATE deployment SET notes = ? WHERE id = ?", dump({**record.notes, **notes}), deployment_id)

    def get(self, deployment_id: str) -> Record | None:
        sql = f"SELECT {COLUMNS} FROM deployment WHERE id = ?"  # noqa: S608
        row = self._db.row(sql, deployment_id)
        return _record(row) if row else None

    def state(self, deployment_id: str) -> Deployment | None:
        row = self._db.row("SELECT * FROM deployment WHERE id = ?", deployment_id)
        if row is None:
            return None
        plan = codec.read_plan(row["plan"])
        return codec.read_deployment(plan, row["created"], row["status"], row["state"], self.targets(deployment_id))

    def targets(self, deployment_id: str) -> dict[str, Target]:
        rows = self._db.rows("SELECT * FROM target WHERE deployment = ? ORDER BY place", deployment_id)
        return {row["id"]: codec.read_target(row["id"], row["phase"], row["document"]) for row in rows}

    def active(self, group_id: str | None = None) -> list[str]:
        """The deployments under way (of one group: the one that excludes others), oldest first."""
        if group_id is None:
            rows = self._db.rows("SELECT id FROM deployment WHERE active ORDER BY seq")
        else:
            sql = "SELECT id FROM deployment WHERE group_id = ? AND active AND exclusive ORDER BY seq"
            rows = self._db.rows(sql, group_id)
        return [row["id"] for row in rows]

    def active_in(self, group_id: str) -> list[str]:
        rows = self._db.rows("SELECT id FROM deployment WHERE group_id = ? AND active ORDER BY seq", group_id)
        return [row["id"] for row in rows]

    def list(self, application: str | None, group: str | None) -> list[sqlite3.Row]:
        """Newest first: id, seq, status, created, external id."""
        sql = "SELECT id, seq, status, created, request FROM deployment"
        where = {"application": application, "group_name": group}
        wanted = {name: value for name, value in where.items() if value is not None}
        if wanted:
            sql += " WHERE " + " AND ".join(f"{name} = ?" for name in wanted)
        return self._db.rows(sql + " ORDER BY seq DESC", *wanted.values())


def _record(row: sqlite3.Row) -> Record:
    return Record(
        row["id"],
        row["application"],
        row["group_name"],
        row["group_id"],
        bool(row["exclusive"]),
        json.loads(row["request"]),
        json.loads(row["notes"]),
    )
