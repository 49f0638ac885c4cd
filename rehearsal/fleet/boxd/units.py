"""The units that PID 1 knows, as they were when they were last read."""

from __future__ import annotations

import time
from collections.abc import Callable

from rehearsal.fleet.boxd.journal import Journal
from rehearsal.fleet.boxd.services import RUNNING, Service
from rehearsal.fleet.boxd.timers import Timers
from rehearsal.fleet.boxd.unitfile import Unit, UnitFiles


class Units:
    def __init__(self, files: UnitFiles, journal: Journal, clock: Callable[[], float] = time.time) -> None:
        self.files, self.journal, self.clock = files, journal, clock
        self.services: dict[str, Service] = {}
        self.timers = Timers(clock(), self._since)

    def load(self, name: str) -> Unit | None:
        """As it was when it was last read, while it runs or has failed; as it is now otherwise."""
        known = self.services.get(name)
        if known and known.active != "inactive":
            return known.unit
        unit = self.files.load(name)
        if unit and known:
            known.unit = unit
        return unit

    def service(self, unit: Unit) -> Service:
        return self.services.setdefault(unit.name, Service(unit))

    def reload_files(self) -> None:
        for service in self.services.values():
            service.unit = self.files.load(service.unit.name) or service.unit
            self.timers.reread(service.unit.name, service.unit, self.clock())

    def running(self) -> list[Unit]:
        return [s.unit for s in self.services.values() if s.active in (*RUNNING, "activating")]

    def note(self, unit: str, text: str) -> None:
        self.journal.write(unit, "systemd[1]", text)

    def _since(self, name: str) -> tuple[float, float]:
        target = self.services.get(name)
        return (target.active_since, target.inactive_since) if target else (0.0, 0.0)
