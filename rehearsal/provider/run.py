"""One operation of the engine: its state, its providers, what it did; and how one resource is made and dropped."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.diffs import Diff
from rehearsal.provider.events import Change, Operation, Progress, Report, Step
from rehearsal.provider.failures import HalfMade
from rehearsal.provider.journal import Journal, Record
from rehearsal.provider.provider import Provider
from rehearsal.provider.settings import configured
from rehearsal.provider.values import UNKNOWN

AT_ONCE = 16


class Run:
    """Shared by all threads of one operation."""

    def __init__(self, journal: Journal, endpoint: str, report: Report, *, preview: bool = False) -> None:
        self.journal, self.endpoint, self.preview = journal, endpoint, preview
        self.steps: list[Step] = []
        self.failures: list[Failure] = []
        self.swept: set[str] = set()        # deleted in this run, to be made anew: in the end, replaced
        self.expected = len(journal.live)
        self._report, self._guard = report, threading.Lock()
        self._providers: dict[str, Provider] = {}

    def provider(self, reference: str) -> Provider:
        """The provider by its `urn::id`; configured once."""
        with self._guard:
            if reference not in self._providers:
                record = self.journal.live[reference.rsplit("::", 1)[0]]
                self._providers[reference] = configured(record.inputs, endpoint=self.endpoint)
            return self._providers[reference]

    def step(self, operation: Operation, urn: str, changes: tuple[Change, ...] = (), *, part: bool = False) -> _Told:
        """`part`: of a replacement, which is one step; told as it happens, and not counted again."""
        return _Told(self, Step(operation, urn, changes), part)

    def tell(self, step: Step, phase: str, seconds: float, *, part: bool) -> None:
        with self._guard:
            if phase == "done" and not part:
                self.steps.append(step)
            done = len(self.steps)
            self._report(Progress(step, phase, done, max(done, self.expected), seconds))    # type: ignore[arg-type]

    # What follows changes the world, and writes it down before and after.

    def create(self, record: Record, *, replaces: Record | None = None) -> Record:
        self.journal.begin(record)
        provider = self.provider(record.provider)
        try:
            made = provider.create(record.type, record.name, record.inputs)
        except HalfMade as half:
            self.journal.put(replace(record, id=half.id, outputs=half.outputs, whole=False), replaces=replaces)
            raise half.cause from half
        except Failure as failure:
            if failure.exit_code != ExitCode.UNREACHABLE:     # else nobody knows whether it was made: look next time
                self.journal.abandon(record.urn)
            raise
        whole = replace(record, id=made.id, outputs=made.outputs or {})
        self.journal.put(whole, replaces=replaces)
        return whole

    def update(self, old: Record, record: Record) -> Record:
        try:
            outputs = self.provider(record.provider).update(
                record.type, record.name, old.id, old.inputs, old.outputs, record.inputs)
        except HalfMade as half:
            raise half.cause from half      # recorded as it was: the next run finds the same difference
        whole = replace(record, id=old.id, outputs=outputs)
        self.journal.put(whole)
        return whole

    def settle(self) -> None:
        """Adopt, and record, what an interrupted run had begun to make."""
        for record in [*self.journal.begun.values()]:
            known = {r.id for r in [*self.journal.live.values(), *self.journal.doomed] if r.type == record.type}
            made = self.provider(record.provider).adopt(record.type, record.name, record.inputs, known)
            if made:
                self.journal.put(replace(record, id=made.id, outputs=made.outputs or {}),
                                 replaces=self.journal.live.get(record.urn))
            else:
                self.journal.abandon(record.urn)

    def dependents_to_replace(self, urn: str) -> list[Record]:
        """Those that cannot outlive `urn` because what they take from it forces a replacement of theirs."""
        found: list[Record] = []
        for record in [*self.journal.live.values()]:
            taken = [name for name, urns in record.property_dependencies.items() if urn in urns]
            if not taken or not record.custom or record.type.startswith("pulumi:"):
                continue
            news = {**record.inputs, **dict.fromkeys(taken, UNKNOWN)}
            diff: Diff = self.provider(record.provider).diff(record.type, record.id, record.inputs, news, record.ignore)
            if diff.replaces:
                found += [*self.dependents_to_replace(record.urn), record]
        return found

    def sweep(self, old: Record) -> None:
        """Delete what is to be replaced before its successor is made, and what cannot live without it."""
        doomed = [*self.dependents_to_replace(old.urn), old]
        self.swept |= {record.urn for record in doomed}
        self.delete(doomed)

    def delete(self, records: Collection[Record]) -> None:
        """In reverse order of need, as much at once as that allows."""
        refuse_protected(records)
        waiting, running = [*records], dict[Future[None], Record]()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while waiting or running:
                present = [*waiting, *running.values()]
                ready = [r for r in waiting if not any(r.urn in o.needs for o in present if o.urn != r.urn)]
                for record in (ready or waiting[: not running]) if not self.failures else ():
                    waiting.remove(record)
                    running[pool.submit(self._delete_one, record)] = record
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    running.pop(future)
                    if error := future.exception():
                        self.failures.append(as_failure(error))
        if self.failures:
            raise self.failures[0]

    def _delete_one(self, record: Record) -> None:
        if not record.custom or record.type.startswith("pulumi:"):
            self.journal.gone(record)
            return
        with self.step("delete", record.urn, part=record.urn in self.swept or record in self.journal.doomed):
            if not self.preview and not record.retain:
                self.provider(record.provider).delete(record.type, record.name, record.id,
                                                      {**record.outputs, **record.inputs})
            self.journal.gone(record)


class _Told:
    """Reports a step's beginning and its end."""

    def __init__(self, run: Run, step: Step, part: bool) -> None:
        self._run, self._step, self._part = run, step, part

    def __enter__(self) -> None:
        self._start = time.monotonic()
        self._run.tell(self._step, "started", 0, part=self._part)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        seconds = time.monotonic() - self._start
        self._run.tell(self._step, "failed" if kind else "done", seconds, part=self._part)


def refuse_protected(records: Iterable[Record]) -> None:
    kept = [f"{record.type} {record.name}" for record in records if record.protect]
    if kept:
        raise Failure(f"{', '.join(kept)} is protected", exit_code=ExitCode.REFUSED,
                      why="the program says protect=True, and this would delete it",
                      next="remove protect=True from the program, run it once, then repeat")


def as_failure(error: BaseException) -> Failure:
    return error if isinstance(error, Failure) else Failure(
        f"the engine failed: {type(error).__name__}: {error}", why="this is a bug in rehearsal/provider",
        next="report it with the command that you ran")
