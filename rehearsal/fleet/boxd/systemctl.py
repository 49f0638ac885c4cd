"""`systemctl`: what hooks, units and people call. Enabling makes links; the rest is asked of PID 1."""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.fleet.boxd import showing
from rehearsal.fleet.boxd.enabling import disable, enable, mask, unmask
from rehearsal.fleet.boxd.unitfile import UnitFiles, full_name

SOCKET = "/run/systemd/boxd.sock"
JOBS = ("start", "stop", "restart", "reload", "try-restart", "reload-or-restart", "try-reload-or-restart")
WITH_VALUE = {"-p": "property", "--property": "property", "-n": "lines", "--lines": "lines", "-o": "output",
              "--output": "output", "-s": "signal", "--signal": "signal", "--kill-who": "whom", "--kill-whom": "whom",
              "-t": "type", "--type": "type", "--state": "state"}
ENDS = {"poweroff": 0, "halt": 0, "reboot": 75}
ROOT = Path("/")


class UsageError(Exception):
    """A command line that says nothing."""


@dataclass
class Line:
    verb: str = ""
    units: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)

    @property
    def quiet(self) -> bool:
        return bool(self.flags & {"-q", "--quiet"})


def parse(argv: list[str]) -> Line:
    line, words = Line(), list(argv)
    while words:
        word = words.pop(0)
        name, sign, value = word.partition("=")
        if name in WITH_VALUE:
            if not sign and not words:
                raise UsageError(f"{name} needs a value")
            line.values[WITH_VALUE[name]] = value if sign else words.pop(0)
        elif word.startswith("-"):
            line.flags.add(word)
        elif not line.verb:
            line.verb = word
        else:
            line.units.append(word)
    line.verb = line.verb or "list-units"
    return line


def ask(**what: Any) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(SOCKET)
        client.sendall(json.dumps(what).encode() + b"\n")
        answer: dict[str, Any] = json.loads(client.makefile().readline())
        return answer


def main(argv: list[str] | None = None) -> int:
    try:
        return run(parse(sys.argv[1:] if argv is None else argv))
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (ConnectionError, FileNotFoundError, ValueError):
        sys.stderr.write("Failed to connect to bus: the box's PID 1 does not answer\n")
        return 1
    except PermissionError as error:
        sys.stderr.write(f"Access denied: {error}\n")
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        return 130


def run(line: Line) -> int:
    units = [full_name(unit) for unit in line.units]
    if line.verb in JOBS:
        return told(ask(do=line.verb, units=needed(line, units), no_block="--no-block" in line.flags))
    if line.verb in ENDS:
        return told(ask(do="end", code=ENDS[line.verb]))
    if line.verb in ("daemon-reload", "daemon-reexec", "reset-failed"):
        return told(ask(do="daemon-reload" if line.verb == "daemon-reexec" else line.verb, units=units))
    if line.verb == "kill":
        number = showing.signal_number(line.values.get("signal", "SIGTERM"))
        return told(ask(do="kill", units=needed(line, units), signal=number, whom=line.values.get("whom", "all")))
    if line.verb in ("enable", "disable", "mask", "unmask", "preset", "reenable"):
        return change(line, needed(line, units))
    if line.verb == "is-enabled":
        return showing.enabled(needed(line, units), UnitFiles(ROOT), line.quiet)
    if line.verb == "cat":
        return showing.files(needed(line, units), UnitFiles(ROOT))
    return look(line, units)


def look(line: Line, units: list[str]) -> int:
    if line.verb in ("is-active", "is-failed"):
        return showing.states(ask(do="show", units=needed(line, units))["units"], line.verb, line.quiet)
    if line.verb == "show":
        wanted = [name for name in line.values.get("property", "").split(",") if name]
        return showing.properties(ask(do="show", units=units)["units"], wanted, "--value" in line.flags)
    if line.verb == "status" and units:
        return showing.statuses(ask(do="show", units=units)["units"], int(line.values.get("lines", "10")))
    if line.verb in ("list-units", "status", "list-jobs"):
        listed = ask(do="list")["units"]
        return showing.listing(listed, "--all" in line.flags or "-a" in line.flags,
                               "failed" if "--failed" in line.flags else line.values.get("state", ""),
                               line.values.get("type", ""))
    if line.verb == "list-timers":
        return showing.timers(ask(do="list")["timers"])
    if line.verb == "list-unit-files":
        return showing.unit_files(UnitFiles(ROOT), line.units)
    if line.verb == "is-system-running":
        return showing.system(ask(do="list")["units"])
    if line.verb == "get-default":
        sys.stdout.write("multi-user.target\n")
        return 0
    if line.verb == "--version":
        return 0
    raise UsageError(f"Unknown command verb {line.verb}.")


def needed(line: Line, units: list[str]) -> list[str]:
    if not units:
        raise UsageError("Too few arguments.")
    return units


def told(answer: dict[str, Any]) -> int:
    for problem in answer.get("problems", []):
        sys.stderr.write(problem + "\n")
    return int(answer["code"])


def change(line: Line, units: list[str]) -> int:
    """Links are made or removed, PID 1 reads them again, and with --now acts on them."""
    files = UnitFiles(ROOT)
    does = {"enable": enable, "preset": enable, "reenable": enable, "disable": disable, "mask": mask, "unmask": unmask}
    missing = [unit for unit in units if line.verb != "unmask" and files.find(unit) is None]
    if missing and line.verb not in ("mask", "disable"):
        sys.stderr.write(f"Failed to {line.verb} unit: Unit file {missing[0]} does not exist.\n")
        return 1
    for unit in units:
        for text in does[line.verb](files, unit):
            if not line.quiet:
                sys.stderr.write(text + "\n")
    told(ask(do="daemon-reload", units=[]))
    if "--now" not in line.flags:
        return 0
    return told(ask(do="start" if line.verb == "enable" else "stop", units=units, no_block=False))


