"""Districts of Seoul: openapi.seoul.go.kr TbCorona19CountStatusJCG, newest day first, one column per district, XML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.was.collect import answers
from app.was.collect.door import Door, Request
from app.was.collect.rows import Batch, DistrictRow, SourceError
from app.was.environment import Environment
from app.was.places import DISTRICT_BY_CODE

SERVICE = "TbCorona19CountStatusJCG"
NORMAL, NO_DATA = "INFO-000", "INFO-200"
FEWEST, MOST = 5, 1000          # a page of the portal


@dataclass(frozen=True)
class Seoul:
    name: str = "seoul"

    def gather(self, door: Door, environment: Environment, days: list[date]) -> Iterator[Batch]:
        key = environment.source_keys().seoul_key
        yield read(door(request(environment.seoul_url, key, len(days))))


def request(url: str, key: str, days: int) -> Request:
    if not key:
        raise SourceError("seoul", "there is no key: set COKO_SEOUL_KEY or COKO_SOURCES_SECRET_ARN")
    size = min(MOST, max(FEWEST, days + 2))     # two more: the portal corrects what it published
    return Request(source="seoul", url=f"{url}/{key}/xml/{SERVICE}/1/{size}/", secrets=(key,))


def read(body: bytes) -> Batch:
    document = answers.xml("seoul", body)
    result = answers.inside(document, SERVICE, "RESULT") or answers.inside(document, "RESULT")
    code = str(answers.inside(result, "CODE") or "none")
    if code == NO_DATA:
        return Batch()
    if code != NORMAL:
        raise SourceError("seoul", f"{code}: {answers.shown(str(answers.inside(result, 'MESSAGE')))}")
    lines = answers.several(answers.inside(document, SERVICE, "row"))
    rows = [row for line in lines for row in _rows(line)]
    if lines and not rows:
        raise SourceError("seoul", f"no district is in the answer's columns: {answers.shown(' '.join(lines[0]))}")
    return Batch(tuple(rows))


def _rows(line: dict[str, Any]) -> Iterator[DistrictRow]:
    """One line holds a day: each district's total, and its new cases in the column with ADD at its name's end."""
    published = answers.day("seoul", "JCG_DT", line.get("JCG_DT"))
    for code in DISTRICT_BY_CODE:
        column = code.upper()
        total = answers.count("seoul", column, line.get(column))
        if total is not None and total >= 0:
            new = answers.count("seoul", f"{column}ADD", line.get(f"{column}ADD")) or 0
            yield DistrictRow(day=published, district=code, total=total, new=new)
