"""Clients that write rows, one commit each, and remember which ones were acknowledged."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from dataclasses import dataclass, field

import pymysql

from tests.rehearsal.database import Lab, until

RETRY = 0.02


@dataclass
class Load:
    """Writers that go on through every failover: resolve the name, connect, write."""

    lab: Lab
    writers: int = 4
    acknowledged: set[int] = field(default_factory=set)
    errors: int = 0
    gaps: list[float] = field(default_factory=list)     # longest pauses between acknowledgements, one per `lap`
    longest: float = 0.0
    last: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Load:
        self.lab.rows("CREATE TABLE written (id INT PRIMARY KEY)")
        numbers, self.last = itertools.count(1), time.monotonic()
        self.threads = [threading.Thread(target=self._write, args=(numbers,)) for _ in range(self.writers)]
        for thread in self.threads:
            thread.start()
        self.await_more(20)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def _write(self, numbers: itertools.count[int]) -> None:
        while not self.stopping.is_set():
            with contextlib.suppress(pymysql.err.Error, OSError), contextlib.closing(self.lab.connect()) as connection:
                while not self.stopping.is_set():
                    number = next(numbers)
                    with connection.cursor() as cursor:
                        cursor.execute("INSERT INTO written VALUES (%s)", (number,))
                    self._note(number)
            self.errors += not self.stopping.is_set()
            time.sleep(RETRY)

    def _note(self, number: int) -> None:
        with self.lock:
            now = time.monotonic()
            self.longest, self.last = max(self.longest, now - self.last), now
            self.acknowledged.add(number)

    def lap(self) -> float:
        """The longest pause since the last lap."""
        with self.lock:
            found, self.longest = self.longest, 0.0
        return found

    def await_more(self, count: int = 20) -> None:
        wanted = len(self.acknowledged) + count
        until(lambda: len(self.acknowledged) >= wanted)

    def lost(self) -> set[int]:
        """Acknowledged, and not there."""
        return self.acknowledged - {row[0] for row in self.lab.rows("SELECT id FROM written")}
