"""One at a time, over all hosts: a named lock in the database, freed by the server if its holder dies.

SQLite has one host only: there it is a lock on a file beside the database.
"""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from app.was.errors import Problem


class Taken(Problem):
    """Somebody else holds the lock, and did not give it back in time."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the lock {name} is held by another instance", why="one at a time over all hosts",
                         next="nothing: the other instance does the work", exit_code=3)


class Lock:
    """A lock that is held; `check` before writing says so again, because a lost connection loses the lock."""

    def __init__(self, name: str) -> None:
        self.name = name

    def check(self) -> None:
        if connection.vendor != "mysql":
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT IS_USED_LOCK(%s) = CONNECTION_ID()", [self.name])
            if cursor.fetchone()[0] != 1:
                raise Taken(self.name)


@contextmanager
def held(purpose: str, wait: int = 0) -> Iterator[Lock]:
    # A server's locks have one name space for all its databases, and at most 64 characters.
    name = f"coko.{connection.settings_dict['NAME']}.{purpose}"[-64:]
    take = _on_server if connection.vendor == "mysql" else _on_file
    with take(name, wait):
        yield Lock(name)


@contextmanager
def _on_server(name: str, wait: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, %s)", [name, wait])
        if cursor.fetchone()[0] != 1:
            raise Taken(name)
    try:
        yield
    finally:
        _release(name)


def _release(name: str) -> None:
    # If the connection is gone, so is the lock: there is nothing to release, and its error must not hide the cause.
    if connection.connection is not None and connection.is_usable():
        with connection.cursor() as cursor:
            cursor.execute("SELECT RELEASE_LOCK(%s)", [name])


@contextmanager
def _on_file(name: str, wait: int) -> Iterator[None]:
    with _lock_file(name).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Taken(name) from None
        yield


def _lock_file(name: str) -> Path:
    database: Any = connection.settings_dict["NAME"]
    beside = Path(str(database))
    in_memory = "memory" in beside.name or not beside.name
    return Path(tempfile.gettempdir()) / "coko.lock" if in_memory else beside.with_name(f"{beside.name}.{_tail(name)}")


def _tail(name: str) -> str:
    return name.rsplit(".", 1)[-1] + ".lock"
