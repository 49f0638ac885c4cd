"""The process that keeps boxes and API in agreement. It holds the lifelines: when it ends, the boxes end."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from botocore.exceptions import BotoCoreError, ClientError

from pipelines.errors import Failure
from rehearsal.fleet import parts
from rehearsal.fleet.cloud import Cloud
from rehearsal.fleet.machine import Machine
from rehearsal.reconcile import Action, Boot, Snapshot, Wanted, reconcile, wanted

PAUSE = 0.2             # between looks at the cloud's counter of changes and at the boxes
CLOUD = "the cloud"
PROBLEMS = (Failure, OSError, subprocess.SubprocessError, BotoCoreError, ClientError)
AGAIN = 5.0             # seconds until what failed is tried again


def log(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
    sys.stderr.flush()


@dataclass
class Controller:
    cloud: Cloud
    machine: Machine
    say: Callable[[str], None] = log
    clock: Callable[[], float] = time.monotonic
    version: str = ""
    snapshot: Snapshot | None = None
    want: Wanted | None = None
    waiting: dict[str, float] = field(default_factory=dict)     # subject of an action that failed → when to try again

    def run(self, stopping: threading.Event) -> None:
        self.machine.write_down()       # from here on others can find us
        try:
            while not stopping.is_set():
                self.step()
                stopping.wait(PAUSE)
        finally:
            self.machine.down()

    def step(self) -> None:
        """One look, and what follows from it. While the cloud does not answer, what it last said stands."""
        try:
            self._look()
            self._well(CLOUD)
        except (*PROBLEMS, KeyError) as error:
            self._trouble(CLOUD, error)
        if self.want is None:
            return
        self.machine.know(self.want)
        actions = reconcile(self.want, self.machine.running())
        for action in actions:
            self._do(action)
        if actions:
            self.machine.write_down()

    def _look(self) -> None:
        version, found = self.cloud.version(), parts.read(self.machine.state)
        if version != self.version:
            self.snapshot, self.version = self.cloud.snapshot(), version
        if self.snapshot:
            members = parts.joined(self.snapshot.members, found)
            self.want = wanted(replace(self.snapshot, members=members))
        self.machine.settle(found)

    def _do(self, action: Action) -> None:
        subject = subject_of(action)
        if self.waiting.get(subject, 0.0) > self.clock() or self._lacks_its_vpc(action):
            return
        try:
            self.machine.do(action)
            self.say(f"{type(action).__name__} {subject}")
            self._well(subject)
        except PROBLEMS as error:
            self._trouble(subject, error)

    def _lacks_its_vpc(self, action: Action) -> bool:
        return isinstance(action, Boot) and action.instance.identity.vpc not in self.machine.vpcs

    def _trouble(self, subject: str, error: Exception) -> None:
        if self.waiting.get(subject, 0.0) <= self.clock():
            why = f"{error.what}: {error.why}; next: {error.next}" if isinstance(error, Failure) else str(error)
            self.say(f"{subject}: {why}")
            self.waiting[subject] = self.clock() + AGAIN
            self.machine.trouble[subject] = why
            self.machine.write_down()

    def _well(self, subject: str) -> None:
        self.waiting.pop(subject, None)
        if self.machine.trouble.pop(subject, None):
            self.machine.write_down()


def subject_of(action: Action) -> str:
    return action.instance.identity.id if isinstance(action, Boot) else action.id
