"""Daily at noon in Seoul, not on Sundays, made up for when missed: on a clock that tests move."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.was.collect.schedule import SEOUL, days_to_ask, is_due, last_days, slot

MONDAY = datetime(2022, 12, 19, tzinfo=SEOUL)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


def runs(start: datetime, hours: int, *, down: range = range(0)) -> list[datetime]:
    """When a timer that looks every hour finds something to do; in `down` the hosts are off."""
    done: datetime | None = start
    found = []
    for hour in range(hours):
        now = start + timedelta(hours=hour)
        if hour not in down and is_due(now, done):
            done = now
            found.append(now)
    return found


def test_a_week_has_six_runs_and_none_on_sunday() -> None:
    found = runs(MONDAY, 7 * 24)
    assert [at.strftime("%a %H") for at in found] == ["Mon 12", "Tue 12", "Wed 12", "Thu 12", "Fri 12", "Sat 12"]


def test_a_run_missed_in_an_outage_is_made_up_for_once() -> None:
    found = runs(MONDAY, 4 * 24, down=range(10, 40))     # from Monday 10:00 to Tuesday 16:00
    assert [at.strftime("%a %H") for at in found] == ["Tue 16", "Wed 12", "Thu 12"]


def test_the_first_run_is_always_due() -> None:
    assert is_due(MONDAY, None)


@given(MOMENTS)
def test_a_slot_is_past_at_noon_and_never_on_sunday(now: datetime) -> None:
    planned = slot(now)
    assert planned <= now
    assert now - planned < timedelta(days=2)
    assert (planned.hour, planned.minute) == (12, 0)
    assert planned.weekday() != 6
    assert not is_due(now, planned)


def test_the_first_run_asks_for_thirty_days_up_to_yesterday() -> None:
    days = days_to_ask(MONDAY, None)
    assert (len(days), days[0], days[-1]) == (30, date(2022, 11, 19), date(2022, 12, 18))


def test_later_runs_ask_for_what_is_missing_and_for_yesterday_again() -> None:
    assert days_to_ask(MONDAY, date(2022, 12, 15)) == [date(2022, 12, 16), date(2022, 12, 17), date(2022, 12, 18)]
    assert days_to_ask(MONDAY, date(2022, 12, 18)) == [date(2022, 12, 18)]
    assert len(days_to_ask(MONDAY, date(2010, 1, 1))) == 400
    assert days_to_ask(MONDAY, date(2023, 1, 1)) == [date(2022, 12, 18)]


def test_yesterday_is_seouls() -> None:
    assert last_days(datetime(2022, 12, 18, 16, 0, tzinfo=UTC), 1) == [date(2022, 12, 18)]     # 01:00 on the 19th there
