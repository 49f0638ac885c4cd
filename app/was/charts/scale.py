"""Axes that people can read: round steps, and numbers as each language shortens them."""

from __future__ import annotations

import math
from datetime import date

STEPS = (1, 2, 2.5, 5, 10)


def ticks(highest: float, about: int = 4) -> list[int]:
    """Round numbers from 0 to the first that is not below the highest."""
    if highest <= about:
        return list(range(max(1, math.ceil(highest)) + 1))
    power = 10 ** math.floor(math.log10(highest / about))
    step = next(factor * power for factor in STEPS if factor * power >= highest / about)
    step = max(1, math.ceil(step))
    return [step * number for number in range(math.ceil(highest / step) + 1)]


def compact(number: float, language: str) -> str:
    """12500 is 1.25만 in Korean and 12.5k in English."""
    for size, word in ((10_000, "만"),) if language == "ko" else ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.2f}".rstrip("0").rstrip(".") + word
    return f"{number:,.0f}"


def date_marks(days: list[date], about: int = 6) -> list[int]:
    """Where to write dates: month beginnings if there are several, else evenly."""
    firsts = [at for at, day in enumerate(days) if day.day <= (days[-1] - days[-2]).days] if len(days) > 1 else []
    chosen = firsts if len(firsts) >= 3 else list(range(0, len(days), max(1, len(days) // about)))
    every = math.ceil(len(chosen) / about)
    return chosen[::every or 1]
