"""Deployment groups, the hooks that they keep on Auto Scaling groups, and what runs on each of their hosts."""

from __future__ import annotations

import json
import sqlite3
import uuid
from dataclasses import dataclass
from typing import Any

from .db import Database, dump


@dataclass(frozen=True, slots=True)
class Group:
    """`document` is the group as the API knows it: CreateDeploymentGroup's own members."""

    id: str
    application: str
    name: str
    document: dict[str, Any]
    created: float
    last_success: str | None = None
    last_attempt: str | None = None

    @property
    def asgs(self) -> list[str]:
        return list(self.document.get("autoScalingGroups") or [])


@dataclass(frozen=True, slots=True)
class Hook:
    asg: str
    name: str
    installed: bool


@dataclass(frozen=True, slots=True)
class HostRevision:
    """The last deployment that ended on a host, and the last revision that did so well."""

    host: str
    deployment: str
    revision: str
    ok: bool
    good_revision: str | None
    creator: str


COLUMNS = "id, application, name, document, created, last_success, last_attempt"


class Groups:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, application: str, name: str, document: dict[str, Any], now: float) -> Group:
        group = Group(str(uuid.uuid4()), application, name, document, now)
        self._db.run(
            "INSERT INTO deployment_group (id, application, name, document, created) VALUES (?, ?, ?, ?, ?)",
            group.id,
            application,
            name,
            dump(document),
            now,
        )
        return group

    def get(self, application: str, name: str) -> Group | None:
        sql = f"SELECT {COLUMNS} FROM deployment_group WHERE application = ? AND name = ?"  # noqa: S608
        return _group(self._db.row(sql, application, name))

    def by_id(self, group_id: str) -> Group | None:
        return _group(self._db.row(f"SELECT {COLUMNS} FROM deployment_group WHERE id = ?", group_id))  # noqa: S608

    def of(self, application: str) -> list[Group]:
        sql = f"SELECT {COLUMNS} FROM deployment_group WHERE application = ? ORDER BY name"  # noqa: S608
        return [group for row in self._db.rows(sql, application) if (group := _group(row))]

    def all(self) -> list[Group]:
        sql = f"SELECT {COLUMNS} FROM deployment_group ORDER BY id"  # noqa: S608
        return [group for row in self._db.rows(sql) if (group := _group(row))]

    def update(self, group_id: str, name: str, document: dict[str, Any]) -> None:
        self._db.run("UPDATE deployment_group SET name = ?, document = ? WHERE id = ?", name, dump(document), group_id)
        self._db.run("UPDATE deployment SET group_name = ? WHERE group_id = ?", name, group_id)

    def remove(self, group_id: str) -> None:
        self._db.run("DELETE FROM deployment_group WHERE id = ?", group_id)
        self._db.run("DELETE FROM host_revision WHERE group_id = ?", group_id)
        self._db.run("DELETE FROM launch WHERE group_id = ?", group_id)

    def attempted(self, group_id: str, deployment_id: str) -> None:
        self._db.run("UPDATE deployment_group SET last_attempt = ? WHERE id = ?", deployment_id, group_id)

    def succeeded(self, group_id: str, deployment_id: str) -> None:
        self._db.run("UPDATE deployment_group SET last_success = ? WHERE id = ?", deployment_id, group_id)

    # -- hooks --

    def hooks(self, group_id: str) -> list[Hook]:
        rows = self._db.rows("SELECT asg, name, installed FROM hook WHERE group_id = ? ORDER BY asg", group_id)
        return [Hook(row["asg"], row["name"], bool(row["installed"])) for row in rows]

    def want_hook(self, group_id: str, asg: str, name: str) -> None:
        self._db.run("INSERT OR IGNORE INTO hook (group_id, asg, name) VALUES (?, ?, ?)", group_id, asg, name)

    def hook_installed(self, group_id: str, asg: str) -> None:
        self._db.run("UPDATE hook SET installed = 1 WHERE group_id = ? AND asg = ?", group_id, asg)

    def drop_hook(self, group_id: str, asg: str) -> None:
        self._db.run("DELETE FROM hook WHERE group_id = ? AND asg = ?", group_id, asg)

    # -- hosts --

    def host_ended(self, group_id: str, now_on: HostRevision) -> None:
        """Record the end of a deployment on a host; a failure keeps the good revision on record."""
        self._db.run(
            "INSERT INTO host_revision VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " deployment = excluded.deployment, revision = excluded.revision, ok = excluded.ok,"
            " creator = excluded.creator, good_revision = coalesce(excluded.good_revision, good_revision)",
            group_id,
            now_on.host,
            now_on.deployment,
            now_on.revision,
            now_on.ok,
            now_on.good_revision,
            now_on.creator,
        )

    def host_revisions(self, group_id: str) -> dict[str, HostRevision]:
        rows = self._db.rows("SELECT * FROM host_revision WHERE group_id = ?", group_id)
        return {
            row["host"]: HostRevision(
                row["host"], row["deployment"], row["revision"], bool(row["ok"]), row["good_revision"], row["creator"]
            )
            for row in rows
        }


def _group(row: sqlite3.Row | None) -> Group | None:
    if row is None:
        return None
    return Group(**{**dict(row), "document": json.loads(row["document"])})
