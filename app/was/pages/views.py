"""The pages: what was asked → a few queries → one template. Each asks the database a fixed number of times."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.template.loader import render_to_string

from app.was.collect.schedule import SEOUL, slot
from app.was.figures import reading
from app.was.pages import present
from app.was.pages.asked import RANGES, Asked, NoFigures
from app.was.pages.links import Links
from app.was.pages.texts import ago
from app.was.places import PROVINCE_BY_CODE, PROVINCES, QUARANTINE, TOTAL
from app.was.release import release

NEWS_SHOWN = 50
GRACE = timedelta(hours=6)      # a collector may be this late before the page says so


def overview(asked: Asked) -> bytes:
    return _figures(asked, "overview", TOTAL.code)


def province(asked: Asked) -> bytes:
    if asked.place not in {place.code for place in PROVINCES}:
        raise NoFigures(asked.words["problem_404_why"])
    return _figures(asked, "province", asked.place)


def _figures(asked: Asked, section: str, code: str) -> bytes:
    links, span = Links(asked.language, section, asked.place), reading.province_span()
    if span is None:
        return _render("empty.html", asked, links, "korea")
    day = chosen(asked, span)
    lines = reading.provinces(day)
    if code not in lines:
        raise NoFigures(no_day(asked, day, span))
    first = present.first_day(span, day, asked.range)
    new = reading.series(code, first - timedelta(days=reading.WEEK - 1), day)
    parts = [lines[place.code] for place in (*PROVINCES, QUARANTINE) if place.code in lines]
    return _render(
        "figures.html",
        asked,
        links,
        "korea",
        day=day,
        span=span,
        line=lines[code],
        place=PROVINCE_BY_CODE[code],
        chart=present.chart(PROVINCE_BY_CODE[code], new, first, day, asked),
        columns=present.columns(asked),
        rows=present.rows(parts, asked, links.province),
        tiles=present.tiles(parts, asked, links.province),
        ranges=[(name, asked.words[f"range_{name}"], asked.query(range=name)) for name in RANGES],
        **_days(asked, day, span),
    )


def seoul(asked: Asked) -> bytes:
    links, span = Links(asked.language, "seoul"), reading.district_span()
    if span is None:
        return _render("empty.html", asked, links, "seoul")
    day = chosen(asked, span)
    lines = list(reading.districts(day).values())
    if not lines:
        raise NoFigures(no_day(asked, day, span))
    return _render(
        "seoul.html",
        asked,
        links,
        "seoul",
        day=day,
        span=span,
        columns=present.columns(asked),
        rows=present.rows(lines, asked, lambda code: ""),
        tiles=present.tiles(lines, asked, lambda code: f"#{code}"),
        line=reading.added(PROVINCE_BY_CODE["seoul"], lines),
        **_days(asked, day, span),
    )


def news(asked: Asked) -> bytes:
    now = datetime.now(UTC)
    articles = [
        {
            "title": one.title,
            "summary": one.summary,
            "link": one.link,
            "source": one.source,
            "at": one.published,
            "ago": ago(now, one.published, asked.language),
        }
        for one in reading.news(NEWS_SHOWN)
    ]
    return _render("news.html", asked, Links(asked.language, "news"), "news", articles=articles)


def chosen(asked: Asked, span: reading.Span) -> date:
    day = asked.day or span.last
    if not span.has(day):
        raise NoFigures(no_day(asked, day, span))
    return day


def no_day(asked: Asked, day: date, span: reading.Span) -> str:
    return asked.words["no_day"].format(day, span.first, span.last)


def _days(asked: Asked, day: date, span: reading.Span) -> dict[str, Any]:
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    return {"earlier": asked.query(day=before.isoformat()) if span.has(before) else "",
            "later": asked.query(day=after.isoformat()) if span.has(after) else "",
            "latest": asked.query(day="") if day != span.last else ""}


def _render(template: str, asked: Asked, links: Links, source: str, **page: Any) -> bytes:
    now, at = datetime.now(UTC), reading.refreshed().get(source)
    page |= {
        "w": asked.words,
        "language": asked.language,
        "links": links,
        "asked": asked,
        "release": release()["release"],
        "refreshed": at.astimezone(SEOUL) if at else None,
        "ago": ago(now, at, asked.language) if at else "",
        "late": at is not None and at < slot(now - GRACE),
    }
    return render_to_string(template, page).encode()
