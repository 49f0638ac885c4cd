"""Pages in memory until a collector has run or a minute has passed; and past that while the database is away.

Kept by what was asked for, so what strangers append to an address does not fill it. Whether a collector has
run is looked up at most
once a second: that is how late a page can be.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from hashlib import blake2b

from django.db import Error

MOST = 256              # pages of some 60 kB
LOOK = 1.0              # seconds between looks at the generation
MINUTE = 60.0           # "5 minutes ago" must not stay so


@dataclass(frozen=True)
class Kept:
    body: bytes
    tag: str
    stamp: tuple[int, int]


@dataclass(frozen=True)
class Found:
    kept: Kept
    how: str            # hit, miss, stale


class PageCache:
    def __init__(self, generation: Callable[[], int], clock: Callable[[], float] = time.time, most: int = MOST) -> None:
        self._generation, self._clock, self._most = generation, clock, most
        self._pages: OrderedDict[Hashable, Kept] = OrderedDict()
        self._seen, self._looked = 0, float("-inf")
        self._lock = threading.Lock()

    def get(self, key: Hashable, render: Callable[[], bytes]) -> Found:
        with self._lock:
            known = self._pages.get(key)
        try:
            stamp = (self._current(), int(self._clock() // MINUTE))
            if known and known.stamp == stamp:
                return self._touched(key, known)
            body = render()
        except Error:
            if known is None:
                raise
            return Found(known, "stale")
        kept = Kept(body, f'"{blake2b(body, digest_size=9).hexdigest()}"', stamp)
        self._keep(key, kept)
        return Found(kept, "miss")

    def clear(self) -> None:
        with self._lock:
            self._pages.clear()
            self._looked = float("-inf")

    def _current(self) -> int:
        now = self._clock()
        if not 0 <= now - self._looked < LOOK:
            self._seen = self._generation()
            self._looked = now
        return self._seen

    def _touched(self, key: Hashable, known: Kept) -> Found:
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
        return Found(known, "hit")

    def _keep(self, key: Hashable, kept: Kept) -> None:
        with self._lock:
            self._pages[key] = kept
            self._pages.move_to_end(key)
            while len(self._pages) > self._most:
                self._pages.popitem(last=False)
