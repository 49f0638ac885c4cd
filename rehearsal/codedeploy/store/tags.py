"""Tags of applications and deployment groups."""

from __future__ import annotations

import json
from typing import Literal

from .db import Database, dump

Table = Literal["application", "deployment_group"]
KEYS: dict[Table, str] = {"application": "name", "deployment_group": "id"}


class Tags:
    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, table: Table, key: str) -> dict[str, str]:
        row = self._db.row(f"SELECT tags FROM {table} WHERE {KEYS[table]} = ?", key)  # noqa: S608
        return {each["Key"]: each.get("Value", "") for each in json.loads(row["tags"])} if row else {}

    def put(self, table: Table, key: str, tags: dict[str, str]) -> None:
        text = dump([{"Key": name, "Value": value} for name, value in sorted(tags.items())])
        self._db.run(f"UPDATE {table} SET tags = ? WHERE {KEYS[table]} = ?", text, key)  # noqa: S608
