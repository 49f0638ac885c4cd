"""The service's own thread: look, decide, act; deliver letters; sleep until something changes."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from ..ports import PortError
from .agents import Agents
from .core import Engine
from .launches import Launches
from .observe import Observer

LOG = logging.getLogger("codedeploy")
RETRY = 5.0
SLEPT = 5.0  # no turn takes so long: the machine was asleep


@dataclass
class Loop:
    """`turn` may be called by hand: that is how tests and the model checker drive the service."""

    engine: Engine
    agents: Agents
    observer: Observer
    launches: Launches
    idle: float = 0.5
    busy: float = 0.2

    @staticmethod
    def over(engine: Engine) -> Loop:
        agents = Agents(engine)
        return Loop(engine, agents, Observer(engine, agents), Launches(engine))

    def turn(self) -> None:
        self.observer.turn()
        self.launches.turn()
        self._send_letters()

    def _send_letters(self) -> None:
        outbox = self.engine.store.outbox
        now = self.engine.clock()
        for letter in outbox.due(now):
            try:
                self.engine.ports.notifications.publish(letter.topic, letter.subject, letter.message)
                outbox.sent(letter)
            except PortError as error:
                LOG.warning("a notification stays in the outbox: %s", error)
                outbox.failed(letter, now + RETRY * 2 ** min(letter.failures, 6))
                return

    def run(self, stop: threading.Event) -> None:
        """Until stopped; an unforeseen error costs a turn, not the service."""
        last = self.engine.clock()
        while not stop.is_set():
            self.engine.bell.clear()
            now = self.engine.clock()
            if now - last > SLEPT:
                self.agents.forgive()
            last = now
            try:
                self.turn()
            except Exception:
                LOG.exception("a turn of the service failed")
            self.engine.bell.wait(self.busy if self.engine.live else self.idle)
