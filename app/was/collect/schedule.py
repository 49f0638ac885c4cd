"""When a run is due: daily at 12:00 in Seoul, not on Sundays (nothing is published), made up for if it was
missed. Pure.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
HOUR = 12
SUNDAY = 6
FIRST_RUN = 30          # days that the first run asks for
LONGEST_GAP = 400       # days that are made up for after an outage


def slot(now: datetime) -> datetime:
    """The latest moment up to now for which a run was planned."""
    local = now.astimezone(SEOUL)
    planned = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if planned > local:
        planned -= timedelta(days=1)
    return planned - timedelta(days=1) if planned.weekday() == SUNDAY else planned


def is_due(now: datetime, last_done: datetime | None) -> bool:
    return last_done is None or last_done < slot(now)


def days_to_ask(now: datetime, last_day: date | None) -> list[date]:
    """Every day since the last one we have, up to yesterday; yesterday always, because it may have been corrected."""
    yesterday = now.astimezone(SEOUL).date() - timedelta(days=1)
    gap = (yesterday - last_day).days if last_day else FIRST_RUN
    return last_days(now, max(1, min(gap, LONGEST_GAP)))


def last_days(now: datetime, count: int) -> list[date]:
    """`count` days that end with yesterday, oldest first."""
    today = now.astimezone(SEOUL).date()
    return [today - timedelta(days=back) for back in range(count, 0, -1)]
