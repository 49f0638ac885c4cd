"""What an address asks for, checked: a frozen value that is also the page cache's key. Unknown parameters are
ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from app.was.pages.texts import WORDS

ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
RANGES = {"30": 30, "90": 90, "365": 365, "all": None}
SORTS = ("new", "change", "rate", "total")
USUAL = {"range": "90", "sort": ""}


class BadQuery(Exception):
    """The address has a parameter that cannot be meant; the text says what may be."""


class NoFigures(Exception):
    """There is nothing for the day or the place that was asked for."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    language: str
    day: date | None = None         # None: the latest
    range: str = USUAL["range"]
    sort: str = USUAL["sort"]
    place: str = ""

    @property
    def words(self) -> dict[str, str]:
        return WORDS[self.language]

    @classmethod
    def read(cls, query: Mapping[str, str], language: str, place: str = "") -> Asked:
        return cls(language=language, place=place, day=_day(query.get("day", ""), language),
                   range=_choice(query, "range", tuple(RANGES), language), sort=_choice(query, "sort", SORTS, language))

    def query(self, **changes: str) -> str:
        """The address's query for the same with something changed; what is usual is left out."""
        values = {"day": self.day.isoformat() if self.day else "", "range": self.range, "sort": self.sort, **changes}
        said = {name: value for name, value in values.items() if value and value != USUAL.get(name)}
        return "?" + urlencode(said) if said else "?"


def _day(text: str, language: str) -> date | None:
    if not text:
        return None
    try:
        if not ISO_DAY.fullmatch(text):         # fromisoformat also reads 2022-W50-1, and other digits than ours
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise BadQuery(WORDS[language]["bad_day"]) from None


def _choice(query: Mapping[str, str], name: str, choices: tuple[str, ...], language: str) -> str:
    value = query.get(name, "") or USUAL[name]
    if value and value not in choices:
        raise BadQuery(WORDS[language]["bad_choice"].format(name=name, choices=", ".join(choices)))
    return value
