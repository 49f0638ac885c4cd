"""From what the API says to what is to be done, without servers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rehearsal.database.model import Instance, Master
from rehearsal.database.reconcile import Action, Change, Create, Halt, Remove, Resume, Shape, reconcile
from tests.rehearsal.database import INSTANCE

PAIR, STOPPED = replace(INSTANCE, multi_az=True), replace(INSTANCE, stopped=True)
LOUD = replace(INSTANCE, parameters={"long_query_time": "0.1"})
ROTATED = replace(INSTANCE, master=Master("coko_admin", "another"))
MOVED = replace(INSTANCE, port=3307)


@pytest.mark.parametrize(("before", "after", "actions"), [
    (None, INSTANCE, [Create(INSTANCE)]),
    (INSTANCE, INSTANCE, []),
    (INSTANCE, None, [Remove("db")]),
    (INSTANCE, PAIR, [Shape(PAIR)]),
    (PAIR, INSTANCE, [Shape(INSTANCE)]),
    (INSTANCE, LOUD, [Change(LOUD)]),
    (INSTANCE, ROTATED, [Change(ROTATED)]),
    (INSTANCE, STOPPED, [Halt(STOPPED)]),
    (STOPPED, STOPPED, []),
    (STOPPED, INSTANCE, [Resume(INSTANCE)]),
    (INSTANCE, MOVED, [Remove("db"), Create(MOVED)]),
])
def test_the_difference_is_done_and_no_more(before: Instance | None, after: Instance | None,
                                            actions: list[Action]) -> None:
    want, now = ({"db": one} if one else {} for one in (after, before))
    assert reconcile(want, now) == actions


def test_what_another_process_left_goes_unless_it_is_wanted() -> None:
    assert reconcile({"db": INSTANCE}, {}, ["db", "old"]) == [Remove("old"), Create(INSTANCE)]
