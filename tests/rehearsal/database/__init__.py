"""Real servers on addresses of this machine that no other test uses."""

from __future__ import annotations

import contextlib
import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql

from rehearsal.database.hands import Doors
from rehearsal.database.model import Instance, Master, NamesInMemory, Side, Where
from rehearsal.database.pair import Pair
from rehearsal.database.states import Standby
from rehearsal.database.template import ensure
from rehearsal.database.tls import Authority
from rehearsal.processes import free_port

PATIENCE = 60.0
PARAMETERS = {"character_set_server": "utf8mb4", "collation_server": "utf8mb4_unicode_ci", "time_zone": "UTC",
              "slow_query_log": "1", "long_query_time": "0.5", "log_output": "FILE", "require_secure_transport": "1"}
INSTANCE = Instance("db", "db.rehearsal", 3306, "mysql", "8.4.6", "coko", Master("coko_admin", "a pass'word\\%s"),
                    zones=("zone-a", "zone-c"), parameters=PARAMETERS)


class Loopback:
    """Two addresses of 127/8 and one port, as RDS has one port."""

    def __init__(self) -> None:
        first, second = os.urandom(2)
        self.prefix, self.port = f"127.{first % 200 + 20}.{second}", free_port()

    def place(self, instance: Instance, side: Side) -> Where:
        return Where(f"{self.prefix}.{10 if side is Side.A else 20}", self.port)


def until(what: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Wait for it; a test that waited in vain fails here."""
    end = time.monotonic() + patience
    while not (found := what()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return found


@dataclass
class Lab:
    """One pair that a thread looks after, and clients of it."""

    root: Path
    state: Path
    instance: Instance = INSTANCE
    names: NamesInMemory = field(default_factory=NamesInMemory)
    places: Loopback = field(default_factory=Loopback)
    said: list[str] = field(default_factory=list)
    calls: list[Callable[[], Any]] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        doors = Doors(ensure(self.state), Authority(self.root / "ca").ensure(), self.names, self.places,
                      self.said.append)
        self.pair = Pair(self.root / "instances" / self.instance.identifier, self.instance, doors)
        self.pair.begin()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.stopping.wait(0.005):
            while self.calls:
                self.calls.pop(0)()
            self.pair.step()

    def ask(self, call: Callable[[], Any]) -> None:
        """In the thread that looks after the pair."""
        self.calls.append(call)

    def end(self) -> None:
        """The one who looks after the servers ends; they don't."""
        self.stopping.set()
        self.thread.join()

    def down(self) -> None:
        self.end()
        self.pair.remove()

    @property
    def pids(self) -> dict[Side, int | None]:
        return {side: server.pid for side, server in self.pair.hands.servers.items()}

    def await_standby(self, standby: Standby = Standby.IN_STEP) -> None:
        until(lambda: self.pair.state.standby is standby and self.pair.state.status == "available")

    def connect(self, **words: Any) -> pymysql.Connection[Any]:
        """As the application does: by name, over TLS that it verifies."""
        host = until(lambda: self.names.records.get(self.instance.host))
        self.tls = self.tls or ssl.create_default_context(cafile=self.root / "ca" / "ca.pem")
        tls = {"ssl": self.tls}
        return pymysql.connect(**{
            "host": host, "port": self.places.port, "user": self.instance.master.user, "database": "coko",
            "password": self.instance.master.password, "connect_timeout": 5, "read_timeout": 30,
            "autocommit": True, **tls, **words})

    def rows(self, statement: str, **words: Any) -> list[Any]:
        with contextlib.closing(self.connect(**words)) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())


@contextlib.contextmanager
def lab(root: Path, state: Path, instance: Instance = INSTANCE) -> Iterator[Lab]:
    made = Lab(root, state, instance)
    try:
        yield made
    finally:
        made.down()
