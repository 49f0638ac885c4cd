"""Migrations that the previous release can live with; the rules themselves; and none forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from app.was.database.rules import findings


def migration(*operations: migrations.operations.base.Operation, contracts: str = "") -> migrations.Migration:
    made = type("Migration", (migrations.Migration,), {"operations": list(operations), "contracts": contracts})
    found: migrations.Migration = made("0009_test", "figures")
    return found


def column(**options: Any) -> migrations.AddField:
    return migrations.AddField("refresh", "host", models.CharField(max_length=9, **options))


def test_our_migrations_break_no_previous_release(sqlite: Any) -> None:
    first, *later = [
        one for (label, _), one in sorted(MigrationLoader(connection).disk_migrations.items()) if label == "figures"
    ]
    assert first.initial
    assert [finding for one in later for finding in findings(one)] == []


def test_no_migration_is_forgotten(sqlite: Any) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("operation", [
    column(), column(default="x"), migrations.RemoveField("refresh", "rows"), migrations.DeleteModel("News"),
    migrations.RenameField("refresh", "rows", "lines"), migrations.AlterField("refresh", "rows", models.TextField()),
    migrations.AddConstraint("news", models.UniqueConstraint(fields=("title",), name="one_title")),
])
def test_what_old_code_would_trip_over_is_found(operation: migrations.operations.base.Operation) -> None:
    assert findings(migration(operation))[0].startswith("figures.0009_test: ")


@pytest.mark.parametrize(
    "operation",
    [
        column(null=True),
        column(db_default=""),
        migrations.AddIndex("news", models.Index(fields=("source",), name="by_source")),
        migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
    ],
)
def test_what_only_adds_is_fine(operation: migrations.operations.base.Operation) -> None:
    assert findings(migration(operation)) == []


def test_a_contraction_that_says_why_is_fine() -> None:
    assert findings(migration(migrations.RemoveField("refresh", "rows"), contracts="unused since 0007")) == []
