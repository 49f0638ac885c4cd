"""Is the database there, and is its schema at least this release's? Newer is fine: that is what
expand/contract is for.
"""

from __future__ import annotations

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor


def unapplied() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


class Readiness:
    """Why this process should get no traffic, or nothing. Migrations never go away, so their yes is remembered."""

    def __init__(self) -> None:
        self._migrated = False

    def complaint(self) -> str:
        try:
            connection.ensure_connection()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            missing = [] if self._migrated else unapplied()
        except Error as cause:
            # Without this a broken connection would be kept and asked again.
            connection.close()
            return f"the database does not answer: {type(cause).__name__}: {cause.args[0] if cause.args else ''}"
        self._migrated = not missing
        return f"migrations are missing: {', '.join(missing)}" if missing else ""
