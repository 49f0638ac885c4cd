"""The other front door: Pulumi's own command, with this provider as its plugin. Same four functions, same outcome.

The command's event log says what it does to which resource, as it does it; what people read on the screen is not
parsed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.aws import require_loopback
from rehearsal.provider.events import Outcome, Report
from rehearsal.provider.installed import Installed, install
from rehearsal.provider.log import Log
from rehearsal.provider.project import ROOT, Project

YES = ("--yes", "--skip-preview")
WHERE = "pulumi"        # below the rehearsal's directory


def apply(stack: str, *, endpoint: str, state: Path, report: Report, root: Path = ROOT) -> Outcome:
    return _run("up", Project(root, stack), endpoint, state, report, *YES)


def preview(stack: str, *, endpoint: str, state: Path, report: Report, root: Path = ROOT) -> Outcome:
    return _run("preview", Project(root, stack), endpoint, state, report)


def refresh(stack: str, *, endpoint: str, state: Path, report: Report, root: Path = ROOT) -> Outcome:
    return _run("refresh", Project(root, stack), endpoint, state, report, *YES)


def destroy(stack: str, *, endpoint: str, state: Path, report: Report, root: Path = ROOT) -> Outcome:
    return _run("destroy", Project(root, stack), endpoint, state, report, *YES)


def _run(operation: str, project: Project, endpoint: str, state: Path, report: Report, *flags: str) -> Outcome:
    start = time.monotonic()
    place = install(state / WHERE, project, require_loopback(endpoint))
    environment = place.environment(os.environ, endpoint)
    _ensure_stack(place, project, environment)
    path = place.directory / f"events-{os.getpid()}.json"
    path.unlink(missing_ok=True)
    log = Log(report, preview=operation == "preview")
    words = [command(), operation, "--stack", project.stack, "--non-interactive", "--event-log", str(path), *flags]
    try:
        with subprocess.Popen(words, cwd=place.project, env=environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as child:
            follower = threading.Thread(target=_follow, args=(log, path, child))
            follower.start()
            said = child.stdout.read() if child.stdout else ""
            child.wait()
            follower.join()
    finally:
        path.unlink(missing_ok=True)
    if child.returncode != 0:
        raise _failure(operation, log, said)
    return Outcome(project.stack, tuple(log.steps), log.outputs, time.monotonic() - start)


def command() -> str:
    """This environment's own first: the release that the tests know."""
    beside = Path(sys.executable).parent / "pulumi"
    found = str(beside) if beside.exists() else shutil.which("pulumi")
    if found is None:
        raise Failure("there is no `pulumi`", why="neither this environment nor PATH has one", next="make pulumi",
                      exit_code=ExitCode.BAD_INPUT)
    return found


def _ensure_stack(place: Installed, project: Project, environment: dict[str, str]) -> None:
    if (place.backend / ".pulumi" / "stacks" / project.name / f"{project.stack}.json").exists():
        return
    made = subprocess.run([command(), "stack", "init", project.stack, "--non-interactive", "--no-select"],
                          cwd=place.project, env=environment, capture_output=True, text=True, check=False)
    if made.returncode != 0 and "already exists" not in made.stderr:
        raise Failure(f"the stack {project.stack!r} could not be made", why=made.stderr.strip()[-2000:],
                      next="coko rehearse down, then coko rehearse up")


def _follow(log: Log, path: Path, child: subprocess.Popen[str]) -> None:
    for event in _followed(path, child):
        log.heard(event)


def _followed(path: Path, child: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """The log's events as they are written, until the command has ended."""
    position, rest = 0, ""
    while True:
        ended = child.poll() is not None
        if path.exists():
            with path.open() as file:
                file.seek(position)
                rest += file.read()
                position = file.tell()
        *lines, rest = rest.split("\n")
        yield from (json.loads(line) for line in lines if line.strip())
        if ended:
            return
        time.sleep(0.05)


def _failure(operation: str, log: Log, said: str) -> Failure:
    if "the stack is currently locked" in said:
        return Failure("another operation works on the stack", why=said.strip()[-1000:], exit_code=ExitCode.REFUSED,
                       next="wait for it to end; after a kill: eval \"$(coko rehearse env)\"; pulumi cancel")
    why = "\n".join(log.errors) or said.strip()[-2000:]
    return Failure(f"pulumi {operation} failed", why=why,
                   next="correct what it names, then run the same command again: what was made is recorded")
