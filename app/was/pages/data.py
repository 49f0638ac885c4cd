"""The same figures as JSON, for programs."""

from __future__ import annotations

import json
from typing import Any

from app.was.figures import reading
from app.was.pages import present
from app.was.pages.asked import Asked, NoFigures
from app.was.pages.views import NEWS_SHOWN, chosen, no_day
from app.was.places import PROVINCE_BY_CODE, TOTAL


def overview(asked: Asked) -> bytes:
    span = _span(reading.province_span(), asked)
    day = chosen(asked, span)
    lines = reading.provinces(day)
    return _json({"day": day, "first_day": span.first, "last_day": span.last,
                  "total": _line(lines[TOTAL.code]) if TOTAL.code in lines else None,
                  "provinces": [_line(line) for code, line in lines.items() if code != TOTAL.code]})


def province(asked: Asked) -> bytes:
    if asked.place not in PROVINCE_BY_CODE:
        raise NoFigures(asked.words["problem_404_why"])
    span = _span(reading.province_span(), asked)
    day = chosen(asked, span)
    first = present.first_day(span, day, asked.range)
    new = reading.series(asked.place, first, day)
    return _json({"province": asked.place, "first": first, "last": day,
                  "days": [{"day": on, "new": value} for on, value in new.items()]})


def seoul(asked: Asked) -> bytes:
    span = _span(reading.district_span(), asked)
    day = chosen(asked, span)
    lines = reading.districts(day)
    if not lines:
        raise NoFigures(no_day(asked, day, span))
    return _json({"day": day, "first_day": span.first, "last_day": span.last,
                  "districts": [_line(line) for line in lines.values()]})


def news(asked: Asked) -> bytes:
    return _json({"articles": [{"title": one.title, "summary": one.summary, "link": one.link, "source": one.source,
                                "published": one.published.isoformat()} for one in reading.news(NEWS_SHOWN)]})


def _span(span: reading.Span | None, asked: Asked) -> reading.Span:
    if span is None:
        raise NoFigures(asked.words["no_figures"])
    return span


def _line(line: reading.Line) -> dict[str, Any]:
    return {"code": line.place.code, "ko": line.place.ko, "en": line.place.en, "new": line.new, "total": line.total,
            "week_ago": line.before, "seven_day_mean": round(line.mean, 1),
            "weekly_per_100000": None if line.weekly_rate is None else round(line.weekly_rate, 1)}


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, default=str).encode()
