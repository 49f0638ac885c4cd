"""Reading: one function is one query, whatever it returns. What pages show and JSON answers is made here, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Min

from app.was.figures.models import DistrictDay, News, ProvinceDay, Refresh
from app.was.places import DISTRICT_BY_CODE, PROVINCE_BY_CODE, Place

WEEK = 7
WINDOW = 2 * WEEK       # days behind a line: this week, and the one before to compare with


@dataclass(frozen=True)
class Span:
    """The days there are figures for."""

    first: date
    last: date

    def has(self, day: date) -> bool:
        return self.first <= day <= self.last

    def nearest(self, day: date) -> date:
        return min(max(day, self.first), self.last)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One place on one day, with the two weeks that led there (oldest first, None where nothing was reported)."""

    place: Place
    new: int
    total: int
    weeks: tuple[int | None, ...]
    deaths: int = 0
    deaths_new: int | None = None
    isolated: int | None = None

    @property
    def before(self) -> int | None:
        """The same day a week ago: weekdays report differently, so this is what compares."""
        return self.weeks[-1 - WEEK]

    @property
    def change(self) -> int | None:
        return None if self.before is None else self.new - self.before

    @property
    def mean(self) -> float:
        return _mean(self.weeks[-WEEK:])

    @property
    def trend(self) -> float | None:
        """This week's mean against the last one's: 0.1 is ten per cent more."""
        last = _mean(self.weeks[:WEEK])
        return self.mean / last - 1 if last > 0 and None not in self.weeks[:WEEK] else None

    @property
    def share(self) -> float | None:
        """Per cent of the people who were ever a case."""
        return self.total / self.place.people * 100 if self.place.people else None

    @property
    def weekly_rate(self) -> float | None:
        """Cases of seven days per 100,000 people."""
        return self.mean * WEEK / self.place.people * 100_000 if self.place.people else None


def _mean(values: tuple[int | None, ...]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0


def province_span() -> Span | None:
    return _span(ProvinceDay.objects.filter(province="total").aggregate(first=Min("day"), last=Max("day")))


def district_span() -> Span | None:
    return _span(DistrictDay.objects.aggregate(first=Min("day"), last=Max("day")))


def _span(found: dict[str, date | None]) -> Span | None:
    first, last = found["first"], found["last"]
    return Span(first, last) if first and last else None


def provinces(day: date) -> dict[str, Line]:
    """Every province's line for a day, the whole country's under "total"."""
    rows = ProvinceDay.objects.filter(day__range=(day - timedelta(days=WINDOW - 1), day)).values_list(
        "province", "day", "new", "total", "deaths", "isolated")
    by_place: dict[str, dict[date, tuple[int, int, int, int | None]]] = {}
    for code, on, new, total, deaths, isolated in rows:
        by_place.setdefault(code, {})[on] = (new, total, deaths, isolated)
    return {code: _province(place, by_place[code], day)
            for code, place in PROVINCE_BY_CODE.items() if day in by_place.get(code, {})}


def _province(place: Place, known: dict[date, tuple[int, int, int, int | None]], day: date) -> Line:
    new, total, deaths, isolated = known[day]
    yesterday = known.get(day - timedelta(days=1))
    return Line(place=place, new=new, total=total, deaths=deaths, isolated=isolated,
                deaths_new=deaths - yesterday[2] if yesterday else None,
                weeks=_weeks({on: row[0] for on, row in known.items()}, day))


def districts(day: date) -> dict[str, Line]:
    rows = DistrictDay.objects.filter(day__range=(day - timedelta(days=WINDOW - 1), day)).values_list(
        "district", "day", "new", "total")
    by_place: dict[str, dict[date, tuple[int, int]]] = {}
    for code, on, new, total in rows:
        by_place.setdefault(code, {})[on] = (new, total)
    return {code: Line(place=place, new=by_place[code][day][0], total=by_place[code][day][1],
                       weeks=_weeks({on: new for on, (new, _) in by_place[code].items()}, day))
            for code, place in DISTRICT_BY_CODE.items() if day in by_place.get(code, {})}


def added(place: Place, lines: list[Line]) -> Line:
    """The line of a whole whose parts are known."""
    weeks = (
        tuple(value for value in day if value is not None)
        for day in zip(*(line.weeks for line in lines), strict=True)
    )
    return Line(place=place, new=sum(line.new for line in lines), total=sum(line.total for line in lines),
                weeks=tuple(sum(day) if day else None for day in weeks))


def _weeks(new: dict[date, int], day: date) -> tuple[int | None, ...]:
    return tuple(new.get(day - timedelta(days=back)) for back in range(WINDOW - 1, -1, -1))


def series(province: str, first: date, last: date) -> dict[date, int]:
    """New cases by day."""
    rows = ProvinceDay.objects.filter(province=province, day__range=(first, last)).order_by("day")
    return dict(rows.values_list("day", "new"))


def news(limit: int) -> list[News]:
    return list(News.objects.order_by("-published")[:limit])


def refreshed() -> dict[str, datetime]:
    """When each source was last collected."""
    rows = Refresh.objects.filter(source__in=("korea", "seoul", "news"), outcome__in=("ok", "empty"))
    return dict(rows.values_list("source").annotate(at=Max("started")).order_by())


def generation() -> int:
    """Grows with every run of a collector: what was rendered before is then out of date."""
    return Refresh.objects.order_by("-id").values_list("id", flat=True).first() or 0
