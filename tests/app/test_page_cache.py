"""The page cache on a clock that tests move: kept, renewed by a collector's run, kept longer while the
database is away.
"""

from __future__ import annotations

import pytest
from django.db import OperationalError

from app.was.pages.cache import PageCache


class World:
    """A clock, a database that may be away, and a renderer that counts."""

    def __init__(self) -> None:
        self.now, self.generation, self.away, self.rendered, self.looked = 1_000_000.0, 1, False, 0, 0
        self.cache = PageCache(self.look, clock=lambda: self.now, most=3)

    def look(self) -> int:
        self.looked += 1
        if self.away:
            raise OperationalError("away")
        return self.generation

    def render(self) -> bytes:
        if self.away:
            raise OperationalError("away")
        self.rendered += 1
        return f"page {self.rendered}".encode()

    def get(self, key: str = "/") -> tuple[str, bytes]:
        found = self.cache.get(key, self.render)
        return found.how, found.kept.body


def test_a_page_is_rendered_once() -> None:
    world = World()
    assert [world.get() for _ in range(3)] == [("miss", b"page 1"), ("hit", b"page 1"), ("hit", b"page 1")]
    assert world.looked == 1


def test_a_run_of_a_collector_renews_it_within_a_second() -> None:
    world = World()
    world.get()
    world.generation += 1
    assert world.get()[0] == "hit"
    world.now += 1
    assert world.get() == ("miss", b"page 2")


def test_a_minute_renews_it_because_it_says_how_long_ago() -> None:
    world = World()
    world.get()
    world.now += 61
    assert world.get()[0] == "miss"


def test_while_the_database_is_away_the_last_page_serves() -> None:
    world = World()
    world.get()
    world.away, world.now = True, world.now + 3600
    assert world.get() == ("stale", b"page 1")
    with pytest.raises(OperationalError):
        world.get("/never seen")
    world.away = False
    assert world.get() == ("miss", b"page 2")


def test_it_does_not_grow() -> None:
    world = World()
    for key in "abcd":
        world.get(key)
    assert world.get("d")[0] == "hit"
    assert world.get("a")[0] == "miss"


def test_equal_pages_have_equal_tags_and_others_others() -> None:
    world = World()
    first = world.cache.get("a", lambda: b"x").kept.tag
    assert world.cache.get("b", lambda: b"x").kept.tag == first
    assert world.cache.get("c", lambda: b"y").kept.tag != first
