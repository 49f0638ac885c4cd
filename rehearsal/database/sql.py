"""A connection to a server as its owner: over the socket in its data directory, with no password."""

from __future__ import annotations

import contextlib
import getpass
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pymysql
from pymysql.cursors import DictCursor

from pipelines.errors import Failure

SOCKET = "control.sock"
LIMIT = 5           # seconds for one answer; a server that needs longer hangs
Row = Mapping[str, Any]
Problem = (pymysql.err.Error, OSError)


def owner() -> str:
    """Servers run as whoever rehearses: their files are theirs, and nobody else's."""
    return getpass.getuser() if os.geteuid() else "root"


class Control:
    def __init__(self, connection: pymysql.Connection[DictCursor]) -> None:
        self.connection = connection

    def run(self, statement: str, *values: Any) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)

    def rows(self, statement: str, *values: Any) -> list[Row]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall())

    def one(self, expression: str) -> Any:
        [row] = self.rows(f"SELECT {expression} AS found")
        return row["found"]

    def status(self, name: str) -> str:
        [row] = self.rows("SHOW GLOBAL STATUS LIKE %s", name)
        return str(row["Value"])


@contextlib.contextmanager
def connect(data: Path, *, alive: Callable[[], bool] = lambda: True, patience: float = 0, limit: int = LIMIT
            ) -> Iterator[Control]:
    """Wait for the server if there is patience; then it has to answer."""
    directory = os.open(data, os.O_PATH | os.O_DIRECTORY)
    try:
        # Through the directory's descriptor: a socket's path may be 107 characters long, and ours may be longer.
        path = f"/proc/self/fd/{directory}/{SOCKET}"
        connection = _await(path, owner(), alive, patience, limit)
    finally:
        os.close(directory)
    try:
        yield Control(connection)
    finally:
        with contextlib.suppress(*Problem):
            connection.close()


def _await(path: str, user: str, alive: Callable[[], bool], patience: float, limit: int
           ) -> pymysql.Connection[DictCursor]:
    until = time.monotonic() + patience
    while True:
        try:
            return pymysql.connect(unix_socket=path, user=user, autocommit=True, charset="utf8mb4",
                                   cursorclass=DictCursor, ssl_disabled=True, connect_timeout=limit, read_timeout=limit,
                                   write_timeout=limit)
        except Problem as error:
            if not alive() or time.monotonic() >= until:
                raise Failure("the database server does not answer", why=str(error),
                              next="read its log") from error
        time.sleep(0.01)
