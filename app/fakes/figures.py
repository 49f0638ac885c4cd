"""Generated figures: years of them, the same on every machine, for every day since 2020 without end.

Waves come every few months, higher or lower, reach provinces some days apart, and are counted late at weekends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from hashlib import blake2b

from app.was.places import DISTRICTS, ELSEWHERE, PROVINCES, QUARANTINE, Place

FIRST_DAY = date(2020, 1, 20)
WAVE_DAYS = 150             # from one wave to the next
LATE = (0.62, 1.18, 1.12, 1.08, 1.04, 1.0, 0.86)    # Monday … Sunday: laboratories rest on Sunday, Monday reports that
DEADLY = 0.0011
ILL_DAYS = 7


@lru_cache(maxsize=200_000)
def chance(*parts: object) -> float:
    """A number from 0 to 1 that belongs to its name: reproducible, and independent of the order of questions."""
    digest = blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


@lru_cache(maxsize=4096)
def shape(seed: int, wave: int, code: str) -> tuple[float, float, float]:
    """How high a wave is in a province, on which day it peaks there, and how wide it is."""
    height = (14 + 120 * chance(seed, "height", wave) ** 2) * (0.7 + 0.6 * chance(seed, "strength", wave, code))
    peak = WAVE_DAYS * (wave + 0.3 * chance(seed, "peak", wave)) + 12 * chance(seed, "delay", wave, code)
    return height, peak, 24 + 22 * chance(seed, "width", wave)


@dataclass(frozen=True)
class Day:
    """One place's figures for one day."""

    new: int
    imported: int
    total: int
    deaths: int
    isolated: int

    @property
    def released(self) -> int:
        return self.total - self.deaths - self.isolated


@dataclass
class Figures:
    seed: int = 1
    _known: dict[str, list[Day]] = field(default_factory=dict, repr=False)

    def province(self, place: Place, day: date) -> Day:
        series = self._known.setdefault(place.code, [])
        while len(series) <= (day - FIRST_DAY).days:
            series.append(self._next(place, series))
        return series[(day - FIRST_DAY).days]

    def total(self, day: date) -> Day:
        days = [self.province(place, day) for place in (*PROVINCES, QUARANTINE)]
        return Day(
            *(sum(getattr(one, name) for one in days) for name in ("new", "imported", "total", "deaths", "isolated"))
        )

    def district(self, place: Place, day: date) -> tuple[int, int]:
        """(total, new): Seoul's figure shared out, and the shares add up to it."""
        return self._shared(self.province(PROVINCES[0], day).total)[place.code], self._new_shared(day)[place.code]

    def _next(self, place: Place, series: list[Day]) -> Day:
        day = FIRST_DAY + timedelta(days=len(series))
        new, imported = self._new(place, day)
        total = new + (series[-1].total if series else 0)
        recent = [one.new for one in series[-ILL_DAYS + 1:]] + [new]
        long_ago = series[-14].total if len(series) >= 14 else 0
        return Day(new=new, imported=imported, total=total, deaths=int(long_ago * DEADLY), isolated=sum(recent))

    def _new(self, place: Place, day: date) -> tuple[int, int]:
        if place is QUARANTINE:
            arrived = int(12 * chance(self.seed, "border", day.toordinal()))
            return arrived, arrived
        level = self._level(place, (day - FIRST_DAY).days)
        noise = 0.9 + 0.2 * chance(self.seed, place.code, day.toordinal())
        local = int(level * place.people / 100_000 * LATE[day.weekday()] * noise)
        imported = int(local * 0.004 + 3 * chance(self.seed, "imported", place.code, day.toordinal()))
        return local + imported, imported

    def _level(self, place: Place, age: int) -> float:
        """Daily cases per 100,000 people: the waves that are near, each a bell curve."""
        number = age // WAVE_DAYS
        waves = range(max(0, number - 1), number + 3)
        floor = 2 + 3 * chance(self.seed, "floor", place.code)
        return floor + sum(self._wave(place, wave, age) for wave in waves)

    def _wave(self, place: Place, wave: int, age: int) -> float:
        height, peak, width = shape(self.seed, wave, place.code)
        return height * math.exp(-(((age - peak) / width) ** 2))

    def _new_shared(self, day: date) -> dict[str, int]:
        before = self.province(PROVINCES[0], day - timedelta(days=1)).total if day > FIRST_DAY else 0
        yesterday, today = self._shared(before), self._shared(self.province(PROVINCES[0], day).total)
        return {code: today[code] - yesterday[code] for code in today}

    def _shared(self, amount: int) -> dict[str, int]:
        weights = {
            place.code: place.people * (0.85 + 0.3 * chance(self.seed, "share", place.code)) for place in DISTRICTS
        }
        whole = sum(weights.values()) * 1.01            # the rest lives elsewhere
        shares = {code: int(amount * weight / whole) for code, weight in weights.items()}
        return {**shares, ELSEWHERE.code: amount - sum(shares.values())}

