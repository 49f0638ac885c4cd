"""Charts as data: well-formed, complete, honest about gaps; axes that people can read."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.was.charts import daily, scale, small

FIRST = date(2022, 1, 1)
WORDING = daily.Wording(language="ko", label='New "cases" <all> & more', people="{}명", mean="평균 {}명")


def days(*values: int) -> dict[date, int]:
    return {FIRST + timedelta(days=at): value for at, value in enumerate(values)}


def drawn(new: dict[date, int], length: int) -> Xml.Element:
    return Xml.fromstring(daily.chart(daily.bars(new, FIRST, FIRST + timedelta(days=length - 1)), WORDING))


def test_a_chart_says_what_it_shows_and_escapes_it() -> None:
    chart = drawn(days(*range(30)), 30)
    assert chart.get("role") == "img"
    assert chart.get("aria-label") == 'New "cases" <all> & more'


@given(st.lists(st.integers(-500, 700_000), min_size=1, max_size=1200))
def test_any_series_is_drawn_well_formed_with_a_hint_per_bar(values: list[int]) -> None:
    shown = daily.bars(days(*values), FIRST, FIRST + timedelta(days=len(values) - 1))
    chart = Xml.fromstring(daily.chart(shown, WORDING))
    assert len(list(chart.iter("rect"))) == len(shown)
    assert len(shown) <= daily.WEEKLY_FROM
    assert sum(bar.days for bar in shown) == len(values)
    assert round(sum(bar.value * bar.days for bar in shown)) == sum(values)


def test_days_that_are_missing_leave_gaps_and_break_the_mean() -> None:
    new = days(*range(1, 31))
    del new[FIRST + timedelta(days=12)]
    shown = daily.bars(new, FIRST, FIRST + timedelta(days=29))
    assert len(shown) == 29
    known = [bar.first.day for bar in shown if bar.mean is not None]
    assert known == [7, 8, 9, 10, 11, 12, *range(20, 31)]
    assert daily.chart(shown, WORDING).count("M") >= 2


def test_the_mean_is_of_seven_days() -> None:
    (*_, last) = daily.bars(days(0, 7, 14, 21, 28, 35, 42), FIRST, FIRST + timedelta(days=6))
    assert last.mean == 21


def test_the_marked_day_stands_out() -> None:
    shown = daily.bars(days(1, 2, 3), FIRST, FIRST + timedelta(days=2))
    assert 'class="bars marked"' in daily.chart(shown, WORDING, marked=FIRST)
    assert "marked" not in daily.chart(shown, WORDING)


def test_nothing_is_drawn_of_nothing() -> None:
    assert daily.chart([], WORDING) == ""
    assert small.sparkline([None, 3, None]) == ""


@given(st.floats(0, 5_000_000))
def test_ticks_begin_at_zero_cover_the_highest_and_are_few(highest: float) -> None:
    marks = scale.ticks(highest)
    assert marks[0] == 0
    assert marks[-1] >= highest
    assert 2 <= len(marks) <= 7
    assert len({after - before for before, after in pairwise(marks)}) == 1


@pytest.mark.parametrize(
    ("number", "ko", "en"),
    [
        (0, "0", "0"),
        (950, "950", "950"),
        (12_500, "1.25만", "12.5k"),
        (200_000, "20만", "200k"),
        (1_500_000, "150만", "1.5M"),
    ],
)
def test_numbers_are_shortened_as_each_language_does(number: float, ko: str, en: str) -> None:
    assert (scale.compact(number, "ko"), scale.compact(number, "en")) == (ko, en)


@given(st.integers(1, 1200), st.sampled_from([1, 7]))
def test_dates_under_a_chart_are_few_and_in_order(count: int, step: int) -> None:
    marks = scale.date_marks([FIRST + timedelta(days=at * step) for at in range(count)])
    assert 1 <= len(marks) <= 12
    assert marks == sorted(set(marks))


@given(st.lists(st.none() | st.integers(-10, 100_000), max_size=14))
def test_sparklines_stay_inside(values: list[int | None]) -> None:
    line = small.sparkline(values)
    if line:
        points = Xml.fromstring(line).find("polyline").get("points", "").split()  # type: ignore[union-attr]
        assert all(0 <= float(point.split(",")[1]) <= small.HEIGHT for point in points)


def test_a_share_is_a_share() -> None:
    assert 'width="25%"' in small.share(5, 20)
    assert 'width="0%"' in small.share(-5, 20)
    assert 'width="0%"' in small.share(0, 0)
