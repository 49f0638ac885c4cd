"""Which units a request touches, and in what order: pure.

A start pulls in what the unit wants and requires, and stops what conflicts with it. Jobs wait for each other only where
After= or Before= says so; everything else runs at once, as under systemd.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from rehearsal.fleet.boxd.unitfile import Unit

Load = Callable[[str], Unit | None]
Done = Callable[["Job"], None]


@dataclass(eq=False)
class Job:
    unit: Unit
    verb: str                       # start | stop | restart | reload
    result: str = ""                # empty while it runs
    running: bool = False
    told: list[Done] = field(default_factory=list)

    def __hash__(self) -> int:
        return id(self)


class UnknownUnitError(Exception):
    def __init__(self, name: str, masked: bool = False) -> None:
        super().__init__(f"Unit {name} is masked." if masked else f"Unit {name} not found.")
        self.masked = masked


def pulled_in(name: str, load: Load) -> list[Unit]:
    """The unit and all that it wants and requires; what is only wanted may be missing."""
    found: dict[str, Unit] = {}

    def add(name: str, needed: bool) -> None:
        unit = load(name)
        if unit is None or unit.masked:
            if needed:
                raise UnknownUnitError(name, bool(unit))
            return
        if unit.name in found:
            return
        found[unit.name] = unit
        for required in unit.required:
            add(required, True)
        for wanted in unit.wanted:
            add(wanted, False)
    add(name, True)
    return list(found.values())


def conflicting(starting: Iterable[Unit], running: Iterable[Unit]) -> list[Unit]:
    units = list(starting)
    names = {unit.name for unit in units}
    against = {name for unit in units for name in unit.names("Conflicts")}
    return [other for other in running if other.name not in names
            and (other.name in against or names & set(other.names("Conflicts")))]


def stopped_with(unit: Unit, running: Iterable[Unit]) -> list[Unit]:
    """What may not go on without it."""
    return [other for other in running if other.name != unit.name
            and unit.name in (*other.required, *other.names("PartOf"))]


def is_held(job: Job, jobs: Iterable[Job]) -> bool:
    """Whether another job must end first."""
    return any(_goes_first(other, job) for other in jobs if other is not job and not other.result)


def _goes_first(other: Job, job: Job) -> bool:
    job_later = other.unit.name in job.unit.after or job.unit.name in other.unit.names("Before")
    other_later = job.unit.name in other.unit.after or other.unit.name in job.unit.names("Before")
    stopping, other_stopping = job.verb == "stop", other.verb == "stop"
    if stopping and other_stopping:
        return other_later
    if other_stopping:
        return job_later or other_later         # with any order between them, an end comes before a start
    return job_later and not stopping
