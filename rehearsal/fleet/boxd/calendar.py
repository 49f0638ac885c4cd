"""OnCalendar=: when does `Mon..Fri *-*-* 09:00/15` come next?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from rehearsal.fleet.boxd.words import BadWordError

SHORT = {
    "minutely": "*-*-* *:*:00", "hourly": "*-*-* *:00:00", "daily": "*-*-* 00:00:00", "weekly": "Mon *-*-* 00:00:00",
    "monthly": "*-*-01 00:00:00", "quarterly": "*-01,04,07,10-01 00:00:00",
    "semiannually": "*-01,07-01 00:00:00", "yearly": "*-01-01 00:00:00", "annually": "*-01-01 00:00:00",
}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RANGES = ((1970, 2199), (1, 12), (1, 31), (0, 23), (0, 59), (0, 59))
DATE = re.compile(r"(?:([\d*.,/]+)-)?([\d*.,/]+)-([\d*.,/]+)")
CLOCK = re.compile(r"([\d*.,/]+):([\d*.,/]+)(?::([\d*.,/]+))?")
SEARCHED_DAYS = 366 * 30


@dataclass(frozen=True)
class Calendar:
    """Which values each part of a moment may have."""

    weekdays: frozenset[int]
    parts: tuple[tuple[int, ...], ...]      # year, month, day, hour, minute, second
    zone: tzinfo | None                     # None: the box's own time

    def next(self, after: datetime) -> datetime | None:
        """The first moment that fits and is later."""
        zone = self.zone or after.tzinfo or UTC
        local = after.astimezone(zone).replace(tzinfo=None)
        for day in self._days(local):
            for moment in self._moments(day):
                found = moment.replace(tzinfo=zone)
                if moment > local and found > after:
                    return found
        return None

    def _days(self, local: datetime) -> Iterator[datetime]:
        years, months, days = (frozenset(part) for part in self.parts[:3])
        day = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(SEARCHED_DAYS):
            if day.year in years and day.month in months and day.day in days and day.weekday() in self.weekdays:
                yield day
            day += timedelta(days=1)

    def _moments(self, day: datetime) -> Iterator[datetime]:
        for hour in self.parts[3]:
            for minute in self.parts[4]:
                for second in self.parts[5]:
                    yield day.replace(hour=hour, minute=minute, second=second)


def calendar(text: str) -> Calendar:
    words = SHORT.get(text.strip().lower(), text.strip()).split()
    zone = _zone(words.pop()) if words and _is_zone(words[-1]) else None
    weekdays = _weekdays(words.pop(0)) if words and words[0][0].isalpha() else frozenset(range(7))
    date, clock = ["*", "*", "*"], ["0", "0", "0"]
    for word in words:
        if match := CLOCK.fullmatch(word):
            clock = [match[1], match[2], match[3] or "0"]
        elif match := DATE.fullmatch(word):
            date = [match[1] or "*", match[2], match[3]]
        else:
            raise BadWordError(f"'{text}' is no calendar event: '{word}' is neither day nor time")
    parts = tuple(_values(part, *bounds) for part, bounds in zip([*date, *clock], RANGES, strict=True))
    return Calendar(weekdays, parts, zone)


def _is_zone(word: str) -> bool:
    return word == "UTC" or bool(re.fullmatch(r"[A-Z][A-Za-z_]+/[A-Za-z_/+-]+", word))


def _zone(word: str) -> tzinfo:
    from zoneinfo import ZoneInfo
    try:
        return UTC if word == "UTC" else ZoneInfo(word)
    except (KeyError, OSError) as error:
        raise BadWordError(f"'{word}' is no time zone") from error


def _weekdays(word: str) -> frozenset[int]:
    found: set[int] = set()
    for part in word.strip(",").split(","):
        first, _, last = (part.replace("..", "-")).partition("-")
        start = _day(first)
        end = _day(last) if last else start
        if end < start:         # systemd does not go around the week either
            raise BadWordError(f"'{part}' goes backwards")
        found |= set(range(start, end + 1))
    return frozenset(found)


def _day(name: str) -> int:
    if len(name) < 3 or name[:3].lower() not in DAYS:
        raise BadWordError(f"'{name}' is no day of the week")
    return DAYS.index(name[:3].lower())


def _values(text: str, low: int, high: int) -> tuple[int, ...]:
    """`*`, `5`, `1,3`, `9..17`, `0/15`, `*/2`, `10..20/5`."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dots, last = span.partition("..")
        try:
            start = low if first == "*" else int(first)
            end = int(last) if dots else high if step or first == "*" else start
            found |= set(range(start, end + 1, int(step or 1)))
        except ValueError as error:
            raise BadWordError(f"'{text}' is no part of a calendar event") from error
    if not found or min(found) < low or max(found) > high:
        raise BadWordError(f"'{text}' is not between {low} and {high}")
    return tuple(sorted(found))
