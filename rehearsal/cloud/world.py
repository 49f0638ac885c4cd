"""What all answers share: one lock, our own memory beside moto's, the time, and calls from service to service.

moto has no locks of its own; here one call changes the world at a time. That costs nothing, as Python runs one at a
time anyway, and it is what makes a snapshot of the memory whole.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
Caller = Callable[[str, str, Mapping[str, Any], str], Mapping[str, Any]]


class World:
    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.rooms: dict[str, Any] = {}
        self.changes = 0
        self.on_change: Callable[[], None] = lambda: None
        self._caller: Caller | None = None

    def room(self, name: str, make: Callable[[], T]) -> T:
        """A service's own memory, made on first use and kept with moto's."""
        if name not in self.rooms:
            self.rooms[name] = make()
        found: T = self.rooms[name]
        return found

    def answered_by(self, caller: Caller) -> None:
        self._caller = caller

    def call(self, service: str, operation: str, params: Mapping[str, Any], region: str) -> Any:
        assert self._caller, "the gate is not open yet"
        return self._caller(service, operation, params, region)

    def changed(self) -> None:
        self.changes += 1
        self.on_change()
