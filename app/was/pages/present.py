"""From lines to what a page shows: tables in the order asked for, maps with their shades, the chart with its
words. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from app.was.charts import daily, small
from app.was.figures.reading import Line, Span
from app.was.pages.asked import RANGES, SORTS, Asked
from app.was.places import Place

SHADES = (20, 50, 150, 400, 800)        # cases of a week per 100,000 people: where the next shade begins


@dataclass(frozen=True)
class Row:
    line: Line
    name: str
    href: str
    spark: SafeString
    share: SafeString
    shade: int


@dataclass(frozen=True)
class Tile:
    name: str
    href: str
    rate: float
    shade: int
    column: int
    row: int


@dataclass(frozen=True)
class Column:
    """A heading of a table: a link that sorts by it."""

    name: str
    text: str
    href: str
    sorted: bool


def shade(rate: float | None) -> int:
    return sum(1 for edge in SHADES if rate is not None and rate >= edge)


def rows(lines: list[Line], asked: Asked, href: Any) -> list[Row]:
    highest = max((line.weekly_rate or 0 for line in lines), default=0)
    return [Row(line=line, name=line.place.name(asked.language), href=href(line.place.code),
                spark=_safe(small.sparkline(line.weeks)), share=_safe(small.share(line.weekly_rate or 0, highest)),
                shade=shade(line.weekly_rate)) for line in in_order(lines, asked.sort)]


def in_order(lines: list[Line], sort: str) -> list[Line]:
    keys = {"new": lambda line: line.new, "change": lambda line: line.change or 0,
            "rate": lambda line: line.weekly_rate or -1, "total": lambda line: line.total}
    return sorted(lines, key=keys[sort], reverse=True) if sort in SORTS else lines


def columns(asked: Asked) -> list[Column]:
    names = ("new", "change", "two_weeks", "rate", "total")
    return [Column(name, asked.words[name], asked.query(sort=name) if name in SORTS else "", asked.sort == name)
            for name in names]


def tiles(lines: list[Line], asked: Asked, href: Any) -> list[Tile]:
    """The map, in reading order: rows from north to south."""
    found = [
        Tile(
            short(line.place.name(asked.language)),
            href(line.place.code),
            line.weekly_rate or 0,
            shade(line.weekly_rate),
            line.place.tile[0],
            line.place.tile[1],
        )
        for line in lines
        if line.place.tile
    ]
    return sorted(found, key=lambda tile: (tile.row, tile.column))


def short(name: str) -> str:
    """종로구 is 종로 on a map of districts; 중구 stays."""
    return name[:-1] if name.endswith("구") and len(name) > 2 else name


def first_day(span: Span, day: date, name: str) -> date:
    """Where a chart of that range begins."""
    length = RANGES[name]
    return span.first if length is None else max(span.first, day - timedelta(days=length - 1))


@dataclass(frozen=True)
class Chart:
    svg: SafeString
    table: SafeString
    weekly: bool


def chart(place: Place, new: dict[date, int], first: date, day: date, asked: Asked) -> Chart:
    words = asked.words
    shown = daily.bars(new, first, day)
    if not shown:
        return Chart(_safe(""), _safe(""), False)
    peak = max(shown, key=lambda bar: bar.value)
    label = words["chart_label"].format(place=place.name(asked.language), first=first, last=day, peak_day=peak.first,
                                        peak=f"{peak.value:,.0f}", latest=f"{shown[-1].value:,.0f}")
    wording = daily.Wording(language=asked.language, label=label, people=words["people"], mean=words["mean_people"])
    return Chart(_safe(daily.chart(shown, wording, marked=day)), _safe(_table(shown)), shown[-1].days > 1)


def _table(shown: list[daily.Bar]) -> str:
    """The chart's numbers, newest first: rows only, the template has the headings."""
    return "".join(f'<tr><th scope="row">{bar.first}</th><td>{bar.value:,.0f}</td>'
                   f"<td>{'–' if bar.mean is None else f'{bar.mean:,.0f}'}</td></tr>" for bar in reversed(shown))


def _safe(svg: str) -> SafeString:
    """SVG that `charts` made: it escapes what goes in, so a template need not."""
    return mark_safe(svg)  # noqa: S308
