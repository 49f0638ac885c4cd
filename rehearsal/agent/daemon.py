"""The agent as a process: polls and beats until TERM, then lets what is running end."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rehearsal.agent.bundle import Bundles
from rehearsal.agent.download import S3
from rehearsal.agent.executor import Executor
from rehearsal.agent.layout import Layout
from rehearsal.agent.poller import Poller
from rehearsal.agent.service import HostService
from rehearsal.agent.signing import credentials
from rehearsal.agent.wire import Wire

STEP_SECONDS = 0.05

log = logging.getLogger("coko.agent")


@dataclass(frozen=True)
class Settings:
    root: Path
    endpoint: str
    s3_endpoint: str
    host: str
    max_revisions: int
    poll_interval: float
    heartbeat: float
    grace: float

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Settings:
        return cls(
            root=Path(arguments.root).absolute(),
            endpoint=arguments.endpoint,
            s3_endpoint=arguments.s3_endpoint or arguments.endpoint,
            host=arguments.instance_id,
            max_revisions=arguments.max_revisions,
            poll_interval=arguments.poll_interval,
            heartbeat=arguments.heartbeat,
            grace=arguments.grace,
        )


class Signals:
    """TERM and INT as bytes in a pipe: a handler must not touch a lock, which the main thread may hold just then."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.writer, False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: os.write(self.writer, b"."))

    def wait(self) -> None:
        os.read(self.reader, 1)


def run(settings: Settings) -> int:
    signals, gone = Signals(), threading.Event()
    poller = build(settings, gone)
    log.info("the agent of %s polls %s", settings.host, settings.endpoint)
    _start(poller.run)
    _start(lambda: poller.beat(settings.heartbeat))
    signals.wait()
    poller.stopping.set()

    def end_at_once() -> None:
        signals.wait()
        gone.set()

    _start(end_at_once)
    return _finish(poller, gone, settings.grace)


def _start(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()


def build(settings: Settings, gone: threading.Event) -> Poller:
    who = credentials(os.environ)
    service = HostService(Wire(settings.endpoint, who), settings.host, gone.wait)
    bundles = Bundles(S3(settings.s3_endpoint, who))
    executor = Executor(Layout(settings.root), bundles, dict(os.environ), settings.max_revisions)
    return Poller(service, executor, settings.poll_interval)


def _finish(poller: Poller, gone: threading.Event, grace: float) -> int:
    """A second signal, or the end of the grace, ends it at once; the next start then reports code 7."""
    running = poller.in_progress()
    if running:
        log.info("ending after %s, in %.0f s at most; another signal ends at once", ", ".join(running), grace)
    until = time.monotonic() + grace
    while poller.in_progress() and time.monotonic() < until and not gone.is_set():
        gone.wait(STEP_SECONDS)
    gone.set()
    return 0
