"""A whole run, on SQLite and on MariaDB: repeated, interrupted, refused, locked out; what was saved stays."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.fakes.door import PortalDoor
from app.fakes.portals import Portals
from app.was.collect.door import Request
from app.was.collect.rows import SourceError
from app.was.collect.run import Collecting
from app.was.database import locks
from app.was.environment import Environment
from app.was.figures import store
from app.was.figures.models import DistrictDay, News, ProvinceDay, Refresh
from tests.app.conftest import NOW, TODAY

ALL = ["korea", "seoul", "news"]


@pytest.fixture
def collecting(database: Any, portals: Portals, environment: Environment) -> Collecting:
    return Collecting(door=PortalDoor(portals), environment=environment, clock=lambda: NOW)


def at(now: datetime, collecting: Collecting) -> Collecting:
    return Collecting(door=collecting.door, environment=collecting.environment, clock=lambda: now)


def counted() -> tuple[int, int, int]:
    return ProvinceDay.objects.count(), DistrictDay.objects.count(), News.objects.count()


def test_the_first_run_fills_thirty_days(collecting: Collecting) -> None:
    outcomes = collecting.run(ALL)
    assert [(one.source, one.outcome, one.rows) for one in outcomes] == [
        ("korea", "ok", 30 * 19), ("seoul", "ok", 32 * 26), ("news", "ok", 10)]
    assert counted() == (30 * 19, 32 * 26, 10)
    seoul = ProvinceDay.objects.get(day=date(2022, 12, 19), province="seoul")
    assert seoul.new == sum(DistrictDay.objects.filter(day=date(2022, 12, 19)).values_list("new", flat=True))


def test_a_repeated_run_changes_nothing_and_is_logged(collecting: Collecting) -> None:
    collecting.run(ALL)
    before = counted(), list(ProvinceDay.objects.order_by("day", "province").values("day", "province", "total"))
    collecting.run(ALL, days=30)
    assert (
        counted(),
        list(ProvinceDay.objects.order_by("day", "province").values("day", "province", "total")),
    ) == before
    assert Refresh.objects.filter(outcome="ok").count() == 6


def test_corrections_overwrite(collecting: Collecting) -> None:
    collecting.run(["korea"])
    ProvinceDay.objects.filter(day=date(2022, 12, 19)).update(total=1, deaths=0)
    collecting.run(["korea"])
    assert ProvinceDay.objects.filter(day=date(2022, 12, 19), total=1).count() == 0


def test_only_what_is_due_is_asked_for(collecting: Collecting, portals: Portals) -> None:
    collecting.run(ALL, if_due=True)
    portals.asked.clear()
    assert [one.outcome for one in collecting.run(ALL, if_due=True)] == ["not due"] * 3
    assert portals.asked == []
    portals.today = lambda: TODAY + timedelta(days=1)
    assert [one.outcome for one in at(NOW + timedelta(days=1), collecting).run(ALL, if_due=True)] == ["ok"] * 3
    assert Refresh.objects.count() == 6


def test_a_portal_that_publishes_late_is_asked_again_until_evening(collecting: Collecting, portals: Portals) -> None:
    collecting.run(["korea"])
    noon = NOW + timedelta(days=1)
    assert [at(noon, collecting).run(["korea"], if_due=True)[0].outcome for _ in range(2)] == ["empty", "empty"]
    assert at(noon + timedelta(hours=6), collecting).run(["korea"], if_due=True)[0].outcome == "empty"
    assert at(noon + timedelta(hours=7), collecting).run(["korea"], if_due=True)[0].outcome == "not due"


def test_a_gap_is_filled(collecting: Collecting) -> None:
    at(NOW - timedelta(days=9), collecting).run(["korea"])
    collecting.run(["korea"])
    days = set(ProvinceDay.objects.values_list("day", flat=True))
    assert date(2022, 12, 15) in days
    assert len(days) == 39


@pytest.mark.parametrize("fault", ["limit", "garbage", "bomb"])
def test_one_portal_down_stops_neither_the_others_nor_the_next_try(
    collecting: Collecting, portals: Portals, fault: str
) -> None:
    portals.faults["korea"] = fault
    outcomes = {one.source: one for one in collecting.run(ALL, if_due=True)}
    assert [outcomes[name].outcome for name in ALL] == ["failed", "ok", "ok"]
    assert Refresh.objects.get(source="korea").message == outcomes["korea"].message != ""
    portals.faults.clear()
    assert [one.outcome for one in collecting.run(ALL, if_due=True)] == ["ok", "not due", "not due"]


def test_days_before_a_failure_are_kept(collecting: Collecting) -> None:
    class Breaking:
        def __init__(self) -> None:
            self.asked = 0

        def __call__(self, request: Request) -> bytes:
            self.asked += 1
            if self.asked == 11:
                raise SourceError("korea", "the line is dead")
            return collecting.door(request)

    broken = Collecting(door=Breaking(), environment=collecting.environment, clock=collecting.clock)
    (outcome,) = broken.run(["korea"])
    assert (outcome.outcome, outcome.rows) == ("failed", 10 * 19)
    assert ProvinceDay.objects.values("day").distinct().count() == 10
    collecting.run(["korea"])
    assert ProvinceDay.objects.values("day").distinct().count() == 30


def test_a_batch_that_fails_half_way_leaves_nothing_of_itself(collecting: Collecting) -> None:
    collecting.run(["news"])
    row = News.objects.values("key", "title", "summary", "link", "source", "published")[0]
    with pytest.raises(Exception, match=r"(?i)null|int"):
        store.upsert(News, ("key",), [{**row, "key": "new"}, {**row, "key": "bad", "published": None}])
    assert not News.objects.filter(key__in=("new", "bad")).exists()


def test_a_key_that_is_missing_is_said_so(database: Any, portals: Portals) -> None:
    keyless = Collecting(door=PortalDoor(portals), environment=Environment.load({}), clock=lambda: NOW)
    assert all("COKO_" in one.message and one.outcome == "failed" for one in keyless.run(ALL))


def test_news_and_log_are_windows(collecting: Collecting) -> None:
    News.objects.bulk_create(News(key=f"k{n}", title="t", summary="", link="https://x/", source="x",
                                  published=NOW - timedelta(hours=n)) for n in range(300))
    store.prune()
    assert News.objects.count() == store.NEWS_KEPT
    assert News.objects.filter(key="k0").exists()


def test_the_lock_is_held_during_a_run_and_free_after_it(collecting: Collecting) -> None:
    collecting.run(["news"])
    with locks.held("collect") as lock:
        lock.check()
    collecting.run(["news"])
