"""The in-process engine: runs the Pulumi program and brings the cloud to what it describes, without Pulumi's CLI.

Not a second Pulumi: one machine, one user, one provider; no aliases, no imports, no policy packs. What it keeps of
Pulumi is what a rehearsal has to show: the plan, the order, replacement before deletion, protection, and a state that
survives a kill.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import runpy
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pulumi.runtime
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import reset_options, set_root_resource
from pulumi.runtime.stack import run_in_stack

from rehearsal.provider.aws import require_loopback
from rehearsal.provider.events import Change, Outcome, Report
from rehearsal.provider.journal import Journal, Record, in_order
from rehearsal.provider.monitor import Monitor
from rehearsal.provider.project import Project, program_failure
from rehearsal.provider.run import AT_ONCE, Run, refuse_protected
from rehearsal.provider.values import Props


def apply(project: Project, *, endpoint: str, state: Path, report: Report) -> Outcome:
    return _program(project, endpoint, state, report, preview=False)


def preview(project: Project, *, endpoint: str, state: Path, report: Report) -> Outcome:
    return _program(project, endpoint, state, report, preview=True)


def refresh(project: Project, *, endpoint: str, state: Path, report: Report) -> Outcome:
    """Record what has become of every resource, whoever did it."""
    def work(run: Run) -> Props:
        run.settle()
        customs = [r for r in run.journal.live.values() if r.custom and not r.type.startswith("pulumi:")]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            [*pool.map(lambda record: _refresh_one(run, record), customs)]
        return {}
    return _operation(project, endpoint, state, report, work)


def destroy(project: Project, *, endpoint: str, state: Path, report: Report) -> Outcome:
    def work(run: Run) -> Props:
        run.settle()
        run.delete([*run.journal.live.values(), *run.journal.doomed])
        return {}
    return _operation(project, endpoint, state, report, work)


def records(project: Project, state: Path) -> list[Record]:
    """What the engine knows, without changing it."""
    with _journal(project, state, dry=True) as journal:
        return in_order(journal.live.values())


@contextlib.contextmanager
def _journal(project: Project, state: Path, *, dry: bool) -> Iterator[Journal]:
    journal = Journal(state / "engine", project.stack, dry=dry)
    try:
        yield journal
    finally:
        journal.close()


def _operation(project: Project, endpoint: str, state: Path, report: Report, work: Callable[[Run], Props], *,
               preview: bool = False) -> Outcome:
    start = time.monotonic()
    require_loopback(endpoint)
    with _journal(project, state, dry=preview) as journal:
        run = Run(journal, endpoint, report, preview=preview)
        outputs = work(run)
        return Outcome(project.stack, tuple(run.steps), outputs, time.monotonic() - start)


def _program(project: Project, endpoint: str, state: Path, report: Report, *, preview: bool) -> Outcome:
    def work(run: Run) -> Props:
        if not preview:
            run.settle()
        config = project.config(endpoint)
        monitor = Monitor(run, project.name, project.stack, config)
        contextvars.Context().run(_run_program, project, monitor, config, run, preview)
        gone = [record for urn, record in run.journal.live.items() if urn not in monitor.seen]
        refuse_protected(gone)
        run.delete([*gone, *run.journal.doomed])
        return monitor.outputs
    return _operation(project, endpoint, state, report, work, preview=preview)


def _run_program(project: Project, monitor: Monitor, config: dict[str, str], run: Run, preview: bool) -> None:
    """In a context of its own: Pulumi keeps its settings in context variables."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 50)     # the SDK makes a million objects that stay: gc took a third
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pool = ThreadPoolExecutor(AT_ONCE)
    loop.set_default_executor(pool)
    set_all_config(config)
    reset_options()             # nothing of an earlier run in this process
    no_mocks: Any = None        # the monitor answers instead
    pulumi.runtime.set_mocks(no_mocks, project.name, project.stack, preview, monitor=cast(Any, monitor))
    set_root_resource(cast(Any, None))      # the program gets a stack of its own, so that its exports count
    try:
        with contextlib.chdir(project.main):
            loop.run_until_complete(run_in_stack(lambda: _main(project)))
    except Exception as error:
        raise (run.failures[0] if run.failures else program_failure(project, error)) from error
    finally:
        pool.shutdown(wait=True)      # what has been sent is awaited, and written down
        rest = asyncio.all_tasks(loop)
        for task in rest:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        loop.close()
        asyncio.set_event_loop(None)
        gc.set_threshold(*before)


def _main(project: Project) -> None:
    runpy.run_path(str(project.main), run_name="__main__")


def _refresh_one(run: Run, record: Record) -> None:
    found = run.provider(record.provider).read(record.type, record.name, record.id, record.inputs, record.outputs)
    if found is None:
        with run.step("delete", record.urn):
            run.journal.gone(record)
    elif found != (record.inputs, record.outputs):
        changes = tuple(Change(name, "update", record.outputs.get(name), value)
                        for name, value in found[1].items() if record.outputs.get(name) != value)
        with run.step("refresh", record.urn, changes):
            run.journal.put(replace(record, inputs=found[0], outputs=found[1]))
