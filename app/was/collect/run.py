"""One run: take the lock, ask the portal, save day by day, write the log. What was saved stays, whatever comes
after.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Max, Q

from app.was.collect import schedule
from app.was.collect.door import Door
from app.was.collect.korea import Korea
from app.was.collect.news import News
from app.was.collect.rows import Batch
from app.was.collect.seoul import Seoul
from app.was.database import locks
from app.was.environment import Environment
from app.was.errors import Problem
from app.was.figures import store
from app.was.figures.models import DistrictDay, ProvinceDay, Refresh

LOGGER = logging.getLogger("coko.collect")
PUBLISHED_WITHIN = timedelta(hours=6)


class Source(Protocol):
    @property
    def name(self) -> str: ...
    def gather(self, door: Door, environment: Environment, days: list[date]) -> Iterator[Batch]: ...


SOURCES: dict[str, Source] = {"korea": Korea(), "seoul": Seoul(), "news": News()}


@dataclass(frozen=True)
class Outcome:
    source: str
    outcome: str        # ok, empty, failed; "not due" is not logged
    rows: int = 0
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class Collecting:
    """What a run needs from outside."""

    door: Door
    environment: Environment
    clock: Callable[[], datetime]

    def run(self, names: list[str], *, if_due: bool = False, days: int | None = None) -> list[Outcome]:
        with locks.held("collect") as lock:
            outcomes = [self._one(SOURCES[name], lock, if_due, days) for name in names]
            lock.check()
            store.prune()
        return outcomes

    def _one(self, source: Source, lock: locks.Lock, if_due: bool, days: int | None) -> Outcome:
        started = self.clock()
        if if_due and not schedule.is_due(started, last_done(source.name, schedule.slot(started))):
            return Outcome(source.name, "not due")
        outcome = self._ask(source, lock, self._days(source, days))
        store.log(source=source.name, started=started, finished=self.clock(), outcome=outcome.outcome,
                  rows=outcome.rows, message=outcome.message)
        LOGGER.info("%s: %s, %s rows %s", source.name, outcome.outcome, outcome.rows, outcome.message)
        return outcome

    def _days(self, source: Source, days: int | None) -> list[date]:
        wanted = schedule.days_to_ask(self.clock(), last_day(source.name))
        return schedule.last_days(self.clock(), days) if days else wanted

    def _ask(self, source: Source, lock: locks.Lock, days: list[date]) -> Outcome:
        saved = left_out = 0
        try:
            for batch in source.gather(self.door, self.environment, days):
                with transaction.atomic():
                    lock.check()
                    saved += store.save(batch.rows)
                left_out += batch.left_out
        except locks.Taken:
            raise
        except Problem as problem:
            return Outcome(source.name, "failed", saved, problem.why)
        except DatabaseError as cause:
            return Outcome(source.name, "failed", saved, f"the database: {type(cause).__name__} {cause.args[:1]}")
        note = f"{left_out} unusable entries left out" if left_out else ""
        return Outcome(source.name, "ok" if saved else "empty", saved, note)


def last_done(source: str, planned: datetime) -> datetime | None:
    """The last run that needs no other. Finding nothing is such a run only when the portal has had time to publish."""
    done = Q(outcome="ok") | Q(outcome="empty", started__gte=planned + PUBLISHED_WITHIN)
    at: datetime | None = Refresh.objects.filter(done, source=source).aggregate(at=Max("started"))["at"]
    return at


def last_day(source: str) -> date | None:
    table = {"korea": ProvinceDay, "seoul": DistrictDay}.get(source)
    return table._default_manager.aggregate(day=Max("day"))["day"] if table else None
