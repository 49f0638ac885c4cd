"""Units and jobs: what runs, what should, what happens when something ends. No sockets of clients, no loop."""

from __future__ import annotations

import json
import selectors
import time
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.fleet.boxd.jobs import Done, Job, UnknownUnitError, conflicting, is_held, pulled_in, stopped_with
from rehearsal.fleet.boxd.journal import Journal
from rehearsal.fleet.boxd.services import RUNNING, Service
from rehearsal.fleet.boxd.unitfile import Unit, UnitFiles
from rehearsal.fleet.boxd.units import Units
from rehearsal.fleet.boxd.words import BadWordError

RESTART_PAUSE = 0.1     # RestartSec='s default


class Engine(Units):
    def __init__(self, files: UnitFiles, journal: Journal, environment: Mapping[str, str],
                 selector: selectors.BaseSelector, clock: Callable[[], float] = time.time) -> None:
        super().__init__(files, journal, clock)
        self.environment, self.selector = environment, selector
        self.jobs: list[Job] = []

    # -- jobs

    def ask(self, verb: str, name: str, done: Done | None = None) -> Job:
        """One unit's job, with all that it brings; raises UnknownUnitError."""
        unit = self.load(name)
        if unit is None or unit.masked:
            raise UnknownUnitError(name, bool(unit))
        anchor = self._job(verb, unit)
        if done:
            anchor.told.append(done)
        if verb in ("start", "restart"):
            pulled = [one for one in pulled_in(name, self.load) if self.service(one).active not in RUNNING]
            for other in conflicting([unit, *pulled], self.running()):
                self._job("stop", other)
            for other in pulled:
                if other.name != unit.name:
                    self._job("start", other)
        if verb in ("stop", "restart"):
            for other in stopped_with(unit, self.running()):
                self._job(verb, other)
        self.advance()
        return anchor

    def _job(self, verb: str, unit: Unit) -> Job:
        for job in self.jobs:
            if job.unit.name == unit.name and job.verb == verb and not job.running:
                return job
        job = Job(unit, verb)
        for old in [j for j in self.jobs if j.unit.name == unit.name and {j.verb, verb} == {"start", "stop"}]:
            self.finish(old, "canceled")        # a newer wish replaces it
        self.jobs.append(job)
        return job

    def finish(self, job: Job, result: str) -> None:
        job.result = result
        if job in self.jobs:
            self.jobs.remove(job)
        for told in job.told:
            told(job)

    def advance(self) -> None:
        """Runs every job that nothing holds."""
        while ready := [job for job in self.jobs if not job.running and not is_held(job, self.jobs)]:
            for job in ready:
                if not job.result:
                    job.running = True
                    self._run(job)

    def _run(self, job: Job) -> None:
        service = self.service(job.unit)
        if job.verb == "stop":
            self._end(job, service)
        elif job.verb == "reload":
            if service.active not in RUNNING or not service.tell(do="reload"):
                self.finish(job, "failed")
        elif job.verb == "restart" and service.link:
            service.ending = True
            service.tell(do="stop")
        elif job.verb == "start" and service.active in RUNNING:
            self.finish(job, "done")
        elif job.unit.kind != "service":
            self._reach(job, service)
        elif not service.link:
            self._launch(job, service)

    def _end(self, job: Job, service: Service) -> None:
        service.ending, service.restart_at = True, None
        if service.link:
            service.tell(do="stop")
            return
        self.timers.disarm(job.unit.name)
        if service.active != "failed":
            service.become("inactive", self.clock())
        self.finish(job, "done")

    def _reach(self, job: Job, service: Service) -> None:
        """A target is there, or a timer waits; nothing else exists here."""
        now = self.clock()
        if job.unit.kind == "timer":
            try:
                self.timers.arm(job.unit, now)
            except BadWordError as error:
                self.note(job.unit.name, str(error))
                service.become("failed", now)
                self.finish(job, "failed")
                return
        elif job.unit.kind != "target":
            self.note(job.unit.name, f"a {job.unit.kind} is nothing that this box's PID 1 can start")
            self.finish(job, "unsupported")
            return
        service.become("active", now, "waiting" if job.unit.kind == "timer" else "active")
        self.finish(job, "done")

    def _launch(self, job: Job, service: Service) -> None:
        now = self.clock()
        if missing := service.missing_condition():
            service.condition = False
            self.note(job.unit.name, f"{job.unit.description} was skipped because of an unmet condition: {missing}")
            self.finish(job, "skipped")
            return
        service.condition, service.ending, service.restart_at = True, False, None
        if service.is_limited(now):
            self.note(job.unit.name, "Start request repeated too quickly.")
            service.result = "start-limit-hit"
            service.become("failed", now)
            self.finish(job, "start-limit-hit")
            return
        service.result, service.exit = "success", None
        service.become("activating", now)
        self.note(job.unit.name, f"Starting {job.unit.description}")
        link = service.launch(self.journal, self.environment)
        self.selector.register(link, selectors.EVENT_READ, lambda: self._hear(service))

    # -- what supervisors tell

    def _hear(self, service: Service) -> None:
        assert service.link
        data = service.link.recv(65536)
        *lines, service.heard = (service.heard + data).split(b"\n")
        for line in lines:
            self._told(service, json.loads(line))
        if not data:
            self._gone(service)
        self.advance()

    def _told(self, service: Service, what: dict[str, Any]) -> None:
        service.status = what.get("status", service.status)
        service.main, service.left = what.get("main", service.main), what.get("left", False)
        service.result, service.exit = what.get("result", service.result), what.get("exit", service.exit)
        state = what.get("state")
        if state in ("active", "activating", "deactivating", "reloading"):
            service.become(state, self.clock(), self._sub(service, state))
        if state == "active":
            self.timers.changed(service.unit.name, self.clock())
            self._settle(service, ("start", "restart"), "done")
        if "reloaded" in what:
            self._settle(service, ("reload",), "done" if what["reloaded"] == "success" else what["reloaded"])

    @staticmethod
    def _sub(service: Service, state: str) -> str:
        oneshot = service.unit.one("Service", "Type") == "oneshot"
        return "exited" if state == "active" and oneshot else ""

    def _settle(self, service: Service, verbs: tuple[str, ...], result: str) -> None:
        for job in [j for j in self.jobs if j.unit.name == service.unit.name and j.running and j.verb in verbs]:
            self.finish(job, result)

    def _gone(self, service: Service) -> None:
        """The supervisor has ended, and with it every process of the service."""
        assert service.link
        self.selector.unregister(service.link)
        service.link.close()
        service.link, service.main = None, 0
        if service.left:
            return
        if service.active in ("active", "reloading"):
            service.result = "signal"       # somebody killed the supervisor itself
        now, failed = self.clock(), service.result != "success"
        service.become("failed" if failed else "inactive", now)
        self.timers.changed(service.unit.name, now)
        self.note(service.unit.name, f"{service.unit.description}: "
                  + (f"failed with result '{service.result}'" if failed else "ended"))
        again = [j for j in self.jobs if j.unit.name == service.unit.name and j.running
                 and j.verb in ("start", "restart")] if service.ending else []
        self._settle(service, ("stop",), "done")
        if again:
            self._launch(again[0], service)
            return
        self._settle(service, ("start", "restart", "reload"), service.result if failed else "done")
        self._afterwards(service, now)

    def _afterwards(self, service: Service, now: float) -> None:
        if not service.ending and service.wants_restart():
            pause = service.unit.span("Service", "RestartSec", RESTART_PAUSE)
            service.restart_at, service.restarts = now + pause, service.restarts + 1
            service.become("activating", now, "auto-restart")
        elif service.active == "failed":
            for name in service.unit.names("OnFailure"):
                self._quietly("start", name)

    # -- time

    def due(self) -> float | None:
        moments = [s.restart_at for s in self.services.values() if s.restart_at]
        return min([*moments, *filter(None, [self.timers.due()])], default=None)

    def tick(self) -> None:
        now = self.clock()
        for service in list(self.services.values()):
            if service.restart_at and service.restart_at <= now:
                service.restart_at = None
                service.become("inactive", now)
                self._quietly("start", service.unit.name)
        for name in self.timers.elapsed(now):
            self._quietly("start", name)

    def _quietly(self, verb: str, name: str) -> None:
        try:
            self.ask(verb, name)
        except UnknownUnitError as error:
            self.note(name, str(error))

    def shut_down(self) -> None:
        for unit in self.running():
            self._quietly("stop", unit.name)

    @property
    def is_quiet(self) -> bool:
        return not self.jobs and all(s.link is None for s in self.services.values())

