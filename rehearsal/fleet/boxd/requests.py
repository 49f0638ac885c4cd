"""What systemctl asks of PID 1, and what it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from rehearsal.fleet.boxd import processes
from rehearsal.fleet.boxd.engine import Engine
from rehearsal.fleet.boxd.jobs import Job, UnknownUnitError
from rehearsal.fleet.boxd.services import RUNNING, Service
from rehearsal.fleet.boxd.timers import triggered

JOBS = ("start", "stop", "restart", "reload", "try-restart", "reload-or-restart", "try-reload-or-restart")
FINE = ("done", "skipped", "")
FOR_ROOT = (*JOBS, "daemon-reload", "reset-failed", "kill", "end")


class Reply(Protocol):
    def __call__(self, **what: Any) -> None: ...


def answer(engine: Engine, asked: dict[str, Any], by_root: bool, reply: Reply, end: Callable[[int], None]) -> None:
    do = asked["do"]
    if do in FOR_ROOT and not by_root:
        reply(code=1, problems=["Access denied: only root may do that"])
    elif do in JOBS:
        _jobs(engine, do, asked, reply)
    elif do == "show":
        reply(units=[shown(engine, name) for name in asked["units"]])
    elif do == "list":
        reply(units=[shown(engine, name) for name in sorted(engine.services)], timers=_timers(engine))
    elif do == "daemon-reload":
        engine.reload_files()
        reply(code=0)
    elif do == "reset-failed":
        _reset(engine, asked["units"])
        reply(code=0)
    elif do == "kill":
        _kill(engine, asked)
        reply(code=0)
    elif do == "end":
        reply(code=0)
        end(asked["code"])
    else:
        reply(code=1, problems=[f"Unknown operation {do}."])


class Tally:
    """Answers when the last of a request's jobs has ended, or at once with --no-block."""

    def __init__(self, reply: Reply, no_block: bool) -> None:
        self.reply, self.no_block = reply, no_block
        self.open = 1                   # the request itself, until all its jobs are asked for
        self.code, self.problems = 0, list[str]()

    def trouble(self, code: int, text: str) -> None:
        self.code = max(self.code, code)
        self.problems.append(text)

    def ended(self, job: Job) -> None:
        if job.result not in FINE:
            self.trouble(1, _complaint(job))
        self.close()

    def close(self) -> None:
        self.open -= 1
        if self.open == 0 and not self.no_block:
            self.reply(code=self.code, problems=self.problems)


def _jobs(engine: Engine, do: str, asked: dict[str, Any], reply: Reply) -> None:
    tally = Tally(reply, bool(asked.get("no_block")))
    for name in asked["units"]:
        verb = _verb(engine, do, name)
        if not verb:
            continue
        tally.open += 1
        try:
            engine.ask(verb, name, tally.ended)
        except UnknownUnitError as error:
            tally.trouble(1 if error.masked else 5, f"Failed to {do} {name}: {error}")
            tally.close()
    tally.close()
    if tally.no_block:
        reply(code=tally.code, problems=tally.problems)


def _verb(engine: Engine, do: str, name: str) -> str:
    service = engine.services.get(name)
    running = bool(service and service.active in (*RUNNING, "activating"))
    if do.startswith("try-"):
        do = do.removeprefix("try-") if running else ""
    if do == "reload-or-restart":
        can = bool(service and service.unit.all("Service", "ExecReload"))
        return "reload" if running and can else "restart"
    return do


def _complaint(job: Job) -> str:
    if job.verb == "reload" and job.result == "failed":
        return f"{job.unit.name} is not active, cannot reload."
    if job.result == "unsupported":
        return f"Failed to start {job.unit.name}: a box runs services, targets and timers only."
    return (f"Job for {job.unit.name} failed because of its result '{job.result}'.\n"
            f'See "systemctl status {job.unit.name}" and "journalctl -xeu {job.unit.name}" for details.')


def _reset(engine: Engine, names: list[str]) -> None:
    for service in engine.services.values():
        if not names or service.unit.name in names:
            service.starts.clear()
            service.restarts = 0
            if service.active == "failed":
                service.become("inactive", engine.clock())


def _kill(engine: Engine, asked: dict[str, Any]) -> None:
    for name in asked["units"]:
        if service := engine.services.get(name):
            service.tell(do="kill", signal=asked["signal"], whom=asked["whom"])


def shown(engine: Engine, name: str) -> dict[str, Any]:
    """A unit's properties, by systemd's names for them."""
    service = engine.services.get(name)
    unit = service.unit if service and service.active != "inactive" else engine.load(name)
    if unit is None:
        return {"Id": name, "LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead"}
    service = service or Service(unit)
    return {
        "Id": unit.name, "Description": unit.description, "LoadState": "masked" if unit.masked else "loaded",
        "ActiveState": service.active, "SubState": service.sub, "Result": service.result,
        "MainPID": service.main, "ExecMainStatus": service.exit or 0, "NRestarts": service.restarts,
        "StatusText": service.status, "FragmentPath": str(unit.paths[0]),
        "DropInPaths": " ".join(map(str, unit.paths[1:])), "Type": unit.one("Service", "Type", "simple"),
        "Restart": unit.one("Service", "Restart", "no"), "User": unit.one("Service", "User"),
        "ConditionResult": "yes" if service.condition else "no", "SinceSeconds": service.since,
        "Requires": " ".join(unit.required), "Wants": " ".join(unit.wanted), "After": " ".join(unit.after),
        "Conflicts": " ".join(unit.names("Conflicts")),
        "Processes": processes.descendants(service.supervisor) if service.link else [],
    }


def _timers(engine: Engine) -> list[dict[str, Any]]:
    return [{"unit": name, "next": armed.due, "last": armed.last or None, "activates": triggered(armed.unit)}
            for name, armed in sorted(engine.timers.armed.items())]
