"""The rehearsal's services: how each is started, how it says that it is ready, and that it is the one we mean."""

from __future__ import annotations

import hashlib
import http.client
import importlib.util
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipelines.errors import ExitCode, Failure
from rehearsal import processes
from rehearsal.home import REPOSITORY, Home
from rehearsal.hosts import FLEET
from rehearsal.processes import Process

PORT = 4580             # where the cloud listens unless something else does; Pulumi.rehearsal.yaml names it too
START_LIMIT = 60.0
CLOUD, CODEDEPLOY = "rehearsal.cloud", "rehearsal.codedeploy"
HEALTH = "/_rehearsal/health"
Health = dict[str, Any]


@dataclass(frozen=True)
class Started:
    cloud: Process
    codedeploy: Process | None
    health: Health
    fresh: bool             # whether anything had to be started


def has_codedeploy() -> bool:
    return importlib.util.find_spec("rehearsal.codedeploy.__main__") is not None


def ensure(home: Home, *, port: int | None, say: Callable[[str], None]) -> Started:
    """Both services running, by this code, talking to each other."""
    known = {name: process for name, process in processes.recorded(home).items() if process.alive}
    cloud, codedeploy = known.get("cloud"), known.get("codedeploy")
    health = ask(cloud) if cloud else None
    whole = bool(codedeploy) or not has_codedeploy()
    if cloud and health and whole and health.get("code") == fingerprint() and port in (None, cloud.port):
        return Started(cloud, codedeploy, health, fresh=False)
    if cloud and health and health.get("code") != fingerprint():
        say("the rehearsal's code has changed: its services are started again, and keep what they know")
    stop(home)
    return _start(home, port, cloud, say)


def _start(home: Home, port: int | None, before: Process | None, say: Callable[[str], None]) -> Started:
    wanted = port or (before.port if before else _port_before(home))
    chosen = processes.free_port(wanted)
    if chosen != wanted:
        user = processes.port_user(wanted) or "another process"
        if port:
            raise Failure(f"the cloud cannot listen on port {port}", why=f"{user} does", exit_code=ExitCode.REFUSED,
                          next="end that process, or leave out --port: any free one will do")
        say(f"port {wanted} is taken by {user}; the cloud listens on {chosen}")
    other = processes.free_port() if has_codedeploy() else None
    cloud = processes.start(home, "cloud", cloud_arguments(home, chosen, other), chosen)
    codedeploy = None
    if other:
        arguments = ["-m", CODEDEPLOY, "--port", str(other), "--state", str(home.codedeploy), "--cloud", cloud.url]
        codedeploy = processes.start(home, "codedeploy", arguments, other)
    health = await_ready(cloud)
    if codedeploy:
        await_ready(codedeploy)
    return Started(cloud, codedeploy, health, fresh=True)


def cloud_arguments(home: Home, port: int, codedeploy: int | None) -> list[str]:
    forward = ["--codedeploy", f"http://127.0.0.1:{codedeploy}"] if codedeploy else []
    return ["-m", CLOUD, "--port", str(port), "--state", str(home.cloud), *forward]


def _port_before(home: Home) -> int:
    """The same as last time: shells that have the endpoint in their environment keep working."""
    found = processes.recorded(home).get("cloud")
    return found.port if found else PORT


def stop(home: Home) -> list[str]:
    """End every service, and what a killed command may have left."""
    found = {process.pid: name for name, process in processes.recorded(home).items() if process.alive}
    for module, state in ((CLOUD, home.cloud), (CODEDEPLOY, home.codedeploy), (FLEET, home.fleet)):
        found |= {pid: module.rpartition(".")[2] for pid in processes.strays(module, state)}
    processes.end(*found)
    return sorted(set(found.values()))


def ask(process: Process) -> Health | None:
    """What a service says of itself; None if it does not answer, or if another one answers in its place."""
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=5)
    try:
        connection.request("GET", HEALTH)
        answer = connection.getresponse()
        found = json.loads(answer.read()) if answer.status == 200 else {}
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return found if isinstance(found, dict) and (process.name != "cloud" or found.get("pid") == process.pid) else None


def await_ready(process: Process) -> Health:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        health = ask(process)
        if health is not None:
            return health
        if not process.alive:
            break
        time.sleep(0.05)
    ended = "it ended" if not process.alive else f"it does not answer after {START_LIMIT:.0f} s"
    raise Failure(f"the rehearsal's {process.name} does not start", next=f"read {process.log}, then coko rehearse up",
                  why=f"{ended}; the end of its log:\n{processes.last_lines(process.log) or '(empty)'}")


def fingerprint() -> str:
    """Which code a service runs: a changed file makes another one."""
    digest = hashlib.sha256()
    for path in sorted((REPOSITORY / "rehearsal").glob("c*/**/*.py")):
        about = path.stat()
        digest.update(f"{path} {about.st_mtime_ns} {about.st_size}\n".encode())
    return digest.hexdigest()[:12]
