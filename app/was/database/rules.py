"""Expand, then contract: which migrations the release before this one can live with. Pure.

While a deployment runs, and after a rollback, the previous code works on the new schema. So a migration may
add tables, indexes and
columns that old INSERTs need not know (NULL, or with a default in the database). What takes something away
from old code must
say in which release it stopped being used:

    class Migration(migrations.Migration):
        contracts = "unused since 2023-05: figures 0004 replaced it"
"""

from __future__ import annotations

from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.models import NOT_PROVIDED

TAKES_AWAY = (migrations.DeleteModel, migrations.RemoveField, migrations.RenameField, migrations.RenameModel,
              migrations.AlterField, migrations.AlterModelTable, migrations.AlterUniqueTogether)
TIGHTENS = (migrations.AddConstraint,)


def findings(migration: migrations.Migration) -> list[str]:
    """What in a migration breaks the previous release, as sentences; none if it says what it contracts."""
    if getattr(migration, "contracts", ""):
        return []
    created = {op.name.lower() for op in migration.operations if isinstance(op, migrations.CreateModel)}
    found = [finding for operation in migration.operations if (finding := _finding(operation, created))]
    return [f"{migration.app_label}.{migration.name}: {finding}" for finding in found]


def _finding(operation: Operation, created: set[str]) -> str:
    if isinstance(operation, TAKES_AWAY):
        return f"{operation.describe()}: old code still uses it; say `contracts = \"…\"` once it does not"
    if isinstance(operation, TIGHTENS) and operation.model_name.lower() not in created:
        return f"{operation.describe()}: old code may still write rows that it refuses"
    if isinstance(operation, migrations.AddField) and not _old_inserts_work(operation):
        return f"{operation.describe()}: old INSERTs do not know it; give it null=True or db_default=…"
    return ""


def _old_inserts_work(operation: migrations.AddField) -> bool:
    column = operation.field
    return bool(column.null or column.many_to_many or column.db_default is not NOT_PROVIDED)
