"""Writing: idempotent upserts, so that a run can be repeated at any point and nothing is counted twice."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

from app.was.collect.rows import DistrictRow, NewsRow, ProvinceRow, Row
from app.was.figures.models import DistrictDay, News, ProvinceDay, Refresh

NEWS_KEPT = 200
LOG_KEPT = 2000
TABLES: dict[type[Row], tuple[type[models.Model], tuple[str, ...]]] = {
    ProvinceRow: (ProvinceDay, ("day", "province")),
    DistrictRow: (DistrictDay, ("day", "district")),
    NewsRow: (News, ("key",)),
}


def save(rows: Iterable[Row]) -> int:
    """Inserts what is new and overwrites what is known, all or nothing."""
    rows = list(rows)
    with transaction.atomic():
        for kind, (table, key) in TABLES.items():
            upsert(table, key, [asdict(row) for row in rows if isinstance(row, kind)])
    return len(rows)


def upsert(table: type[models.Model], key: tuple[str, ...], values: list[dict[str, Any]]) -> None:
    if not values:
        return
    # SQLite has to be told which constraint is meant, MySQL must not be.
    names_target = connection.features.supports_update_conflicts_with_target
    table._default_manager.bulk_create(
        [table(**value) for value in values], batch_size=500, update_conflicts=True,
        unique_fields=list(key) if names_target else None,
        update_fields=[name for name in values[0] if name not in key],
    )


def log(*, source: str, started: datetime, finished: datetime, outcome: str, rows: int, message: str) -> None:
    Refresh.objects.create(source=source, started=started, finished=finished, outcome=outcome, rows=rows,
                           message=message[:300], host=socket.gethostname()[:64])


def prune() -> None:
    """News and log are windows, not archives."""
    _keep_newest(News, "published", NEWS_KEPT)
    _keep_newest(Refresh, "id", LOG_KEPT)


def _keep_newest(table: type[models.Model], order: str, kept: int) -> None:
    oldest_kept = table._default_manager.order_by(f"-{order}").values_list(order, flat=True)[kept - 1:kept].first()
    if oldest_kept is not None:
        table._default_manager.filter(**{f"{order}__lt": oldest_kept}).delete()
