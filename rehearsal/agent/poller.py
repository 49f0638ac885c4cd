"""Takes commands from the service and has each executed once, up to sixteen at a time.

A command that is handed out again while it runs is left alone; one that has ended is reported again, not run again.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from typing import Any, Protocol

from rehearsal.agent import conversation, diagnostics
from rehearsal.agent.conversation import Command, ConversationLostError, Service
from rehearsal.agent.diagnostics import Diagnostics
from rehearsal.agent.executor import Executor
from rehearsal.agent.wire import RefusedError, UnreachableError

PARALLEL = 16
REMEMBERED = 256
QUICK = 0.02

log = logging.getLogger("coko.agent")


class Host(Service, Protocol):
    """The service's calls that the daemon needs."""

    def poll(self) -> Command | None: ...

    def specification(self, command: Command) -> Any: ...

    def heartbeat(self, in_progress: list[str]) -> None: ...


def next_pause(pause: float, interval: float) -> float:
    """Right after something happened the next command is likely at once, later it is not."""
    return max(QUICK, min(pause * 2, interval))


class Poller:
    def __init__(self, service: Host, executor: Executor, interval: float) -> None:
        self.service, self.executor, self.interval = service, executor, interval
        self.stopping, self.woken = threading.Event(), threading.Event()
        self.slots = threading.BoundedSemaphore(PARALLEL)
        self.lock = threading.Lock()
        self.running: dict[str, Command] = {}
        self.ended: OrderedDict[str, Diagnostics] = OrderedDict()
        self.trouble = ""

    def recover(self) -> None:
        """Report what a former life of this agent left undone; nothing is taken on before that is said."""
        for identifier in self.executor.layout.interrupted():
            log.warning("the command %s was being executed when the agent ended: failing it", identifier)
            try:
                self.service.complete(Command(identifier, ""), diagnostics.failed_after_restart())
            except ConversationLostError as error:
                if self.stopping.is_set():
                    return
                log.warning("%s", error)
        self.executor.layout.forget_interrupted()

    def run(self) -> None:
        """Until told to stop."""
        self.recover()
        pause = 0.0
        while not self.stopping.is_set():
            pause = 0.0 if self.step() else next_pause(pause, self.interval)
            if self.woken.wait(pause):
                self.woken.clear()
                pause = 0.0

    def step(self) -> bool:
        """Poll once, when there is room for a command; whether one came."""
        with self.slots:  # waits for room, and gives it back: a command takes its own
            command = self._poll()
        if command is None or self.stopping.is_set():
            return False
        self._take(command)
        return True

    def _poll(self) -> Command | None:
        try:
            command = self.service.poll()
        except (UnreachableError, RefusedError) as error:
            self._troubled(str(error))
            return None
        except Exception:  # an answer that makes no sense must not end the polling
            log.exception("PollHostCommand was answered with what the agent cannot read")
            return None
        self._troubled("")
        return command

    def _troubled(self, trouble: str) -> None:
        """Said when it begins and when it is over, not at every poll."""
        if trouble and not self.trouble:
            log.warning("%s; polling on", trouble)
        elif self.trouble and not trouble:
            log.info("the service answers again")
        self.trouble = trouble

    def _take(self, command: Command) -> None:
        with self.lock:
            if command.identifier in self.running:
                return
            former = self.ended.get(command.identifier)
            self.running[command.identifier] = command
        self.slots.acquire()
        threading.Thread(target=self._execute, args=(command, former), daemon=True, name=command.name).start()

    def _execute(self, command: Command, former: Diagnostics | None) -> None:
        log.info("%s (%s)", command.name, command.identifier)
        try:
            if former:
                self.service.complete(command, former)
            else:
                conversation.converse(
                    command, lambda: self.service.specification(command), self.executor, Remembering(self)
                )
        except ConversationLostError as error:
            log.warning("%s (%s): %s", command.name, command.identifier, error)
        finally:
            with self.lock:
                self.running.pop(command.identifier, None)
            self.slots.release()
            self.woken.set()

    def in_progress(self) -> list[str]:
        with self.lock:
            return sorted(self.running)

    def remember(self, command: Command, report: Diagnostics) -> None:
        with self.lock:
            self.ended[command.identifier] = report
            while len(self.ended) > REMEMBERED:
                self.ended.popitem(last=False)

    def beat(self, seconds: float) -> None:
        """Tell the service, again and again, that this host is alive and what it is at."""
        while True:
            try:
                self.service.heartbeat(self.in_progress())
            except (UnreachableError, RefusedError) as error:
                log.debug("%s", error)
            if self.stopping.wait(seconds):
                return


class Remembering:
    """The service, with a memory of what was reported to it."""

    def __init__(self, poller: Poller) -> None:
        self.poller = poller

    def acknowledge(self, command: Command, is_noop: bool) -> str:
        return self.poller.service.acknowledge(command, is_noop)

    def complete(self, command: Command, report: Diagnostics) -> None:
        log.info("%s (%s): %s, %s", command.name, command.identifier, report.status, report.message)
        self.poller.remember(command, report)
        self.poller.service.complete(command, report)
