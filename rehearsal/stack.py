"""The stack on the rehearsal's cloud: which front door applies it, and whether what it recorded is still true.

The stack's state and the cloud's memory live and die together. If one is lost, the other is put aside, and the next
apply starts from nothing: resources that are recorded and are not there, or that are there and are not recorded, would
both be lies.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from pipelines.errors import ExitCode, Failure
from rehearsal.display import Event
from rehearsal.home import REPOSITORY, Home
from rehearsal.running import Health

APPLIED = "applied.json"
DOORS = {"pulumi": "rehearsal.provider.cli", "in-process": "rehearsal.provider"}


class Outcome(Protocol):
    @property
    def outputs(self) -> Mapping[str, Any]: ...
    @property
    def counts(self) -> dict[str, int]: ...
    @property
    def changed(self) -> bool: ...
    @property
    def seconds(self) -> float: ...


class Door(Protocol):
    """Both front doors of `rehearsal.provider` look like this."""

    def apply(self, stack: str, *, endpoint: str, state: Path, report: Callable[[Event], None]) -> Outcome: ...


@dataclass(frozen=True)
class Applied:
    """What the last apply said of itself, before it began and when it was done."""

    stack: str
    memory: str
    complete: bool
    at: float
    resources: int = 0
    door: str = ""
    outputs: Mapping[str, Any] | None = None


def applied(home: Home) -> Applied | None:
    found = home.read(APPLIED)
    try:
        return Applied(**found) if found else None
    except TypeError:       # written by another version
        return None


def begin(home: Home, stack: str, memory: str, door: str) -> None:
    """Before the first call: a kill from here on leaves an apply that is known to be incomplete."""
    before = applied(home)
    outputs = before.outputs if before and before.memory == memory else None
    _write(home, Applied(stack, memory, False, time.time(), before.resources if before else 0, door, outputs))


def finish(home: Home, stack: str, memory: str, door: str, outcome: Outcome) -> None:
    resources = sum(n for operation, n in outcome.counts.items() if operation not in ("delete", "read"))
    _write(home, Applied(stack, memory, True, time.time(), resources, door, dict(outcome.outputs)))


def _write(home: Home, value: Applied) -> None:
    home.write(APPLIED, {**value.__dict__})


def lost(home: Home, health: Health) -> str | None:
    """Why the stack's state and the cloud's memory do not belong together; None if they do."""
    memory, last = health["memory"], applied(home)
    if last and last.memory == memory["id"]:
        return None
    if last:
        return f"the cloud's memory is gone: {memory['because']}"
    if home.has_stack_state:
        return "it is not known which cloud the stack's state belongs to"
    return "the cloud holds things that no stack knows of" if memory["changes"] else None


def door(wanted: str | None) -> tuple[str, Door]:
    """The real CLI if it is here, the engine in this process if it is not."""
    name = wanted or ("pulumi" if pulumi() and _found(DOORS["pulumi"]) else "in-process")
    if name == "pulumi" and not pulumi():
        raise Failure("there is no `pulumi` to apply the stack with", why="neither PATH nor this environment has one",
                      next="make pulumi, or coko rehearse up --engine in-process", exit_code=ExitCode.BAD_INPUT)
    if not _found(DOORS[name]):
        raise Failure("this tree has no engine to apply the stack with", why=f"there is no {DOORS[name]}",
                      next="coko rehearse up --no-apply", exit_code=ExitCode.FAILED)
    return name, cast(Door, importlib.import_module(DOORS[name]))


def _found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def pulumi() -> str | None:
    """This environment's own first: it is the release that the tests know."""
    beside = Path(sys.executable).parent / "pulumi"
    return str(beside) if beside.exists() else shutil.which("pulumi")


def exports(home: Home, endpoint: str, stack: str) -> dict[str, str]:
    """What points any AWS client, `pulumi` and `coko` at the rehearsal, and at nothing else."""
    from rehearsal.provider.installed import Installed
    path, name = os.environ.get("PATH", ""), region(stack)
    found = Installed(home.pulumi).environment({"PATH": path}, endpoint)
    found.pop("PULUMI_DEBUG_COMMANDS", None)        # for a program that reads the event log, not for people
    if str(Path(sys.executable).parent) in path.split(os.pathsep):
        found.pop("PATH")
    return {**found, "AWS_REGION": name, "AWS_DEFAULT_REGION": name, "COKO_STACK": stack}


UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
         "PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN", "PULUMI_STACK")


def region(stack: str, root: Path = REPOSITORY) -> str:
    """The stack's own."""
    import yaml
    try:
        found = yaml.safe_load((root / f"Pulumi.{stack}.yaml").read_text())["config"]
    except (OSError, KeyError, TypeError, yaml.YAMLError):
        found = {}
    for key in ("coko:region", "region", "aws:region"):
        if isinstance(found.get(key), str):
            return str(found[key])
    return "ap-northeast-2"
