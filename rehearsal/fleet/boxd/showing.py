"""What systemctl prints, and the exit codes that scripts branch on."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Any

from rehearsal.fleet.boxd.enabling import is_enabled
from rehearsal.fleet.boxd.journal import JOURNAL, Wanted, entries
from rehearsal.fleet.boxd.unitfile import UnitFiles

Shown = dict[str, Any]
RUNNING = ("active", "reloading")
NOT_RUNNING, UNKNOWN = 3, 4


def out(text: str) -> None:
    sys.stdout.write(text + "\n")


def signal_number(name: str) -> int:
    if name.isdigit():
        return int(name)
    return int(signal.Signals[name if name.startswith("SIG") else f"SIG{name}"])


def states(units: list[Shown], verb: str, quiet: bool) -> int:
    if not quiet:
        for unit in units:
            out(unit["ActiveState"])
    wanted = ("failed",) if verb == "is-failed" else RUNNING
    if any(unit["ActiveState"] in wanted for unit in units):
        return 0
    return 1 if verb == "is-failed" else NOT_RUNNING


def enabled(names: list[str], files: UnitFiles, quiet: bool) -> int:
    found = [is_enabled(files, name) for name in names]
    for name, state in zip(names, found, strict=True):
        if state == "not-found":
            sys.stderr.write(f"Failed to get unit file state for {name}: No such file or directory\n")
        elif not quiet:
            out(state)
    return 0 if any(state in ("enabled", "static") for state in found) else 1


def files(names: list[str], unit_files: UnitFiles) -> int:
    code = 0
    for name in names:
        unit = unit_files.load(name)
        if unit is None:
            sys.stderr.write(f"No files found for {name}.\n")
            code = 1
        for path in unit.paths if unit else ():
            out(f"# {path}")
            out(path.read_text().rstrip("\n") if not unit_is_null(path) else "# masked")
    return code


def unit_is_null(path: Path) -> bool:
    return path.is_symlink() and str(path.readlink()) == "/dev/null"


def properties(units: list[Shown], wanted: list[str], value_only: bool) -> int:
    for position, unit in enumerate(units):
        if position:
            out("")
        for key in wanted or [key for key in unit if key not in ("Processes", "SinceSeconds")]:
            value = stamp(unit.get("SinceSeconds")) if key.endswith("Timestamp") else unit.get(key, "")
            out(str(value) if value_only else f"{key}={value}")
    return 0


def stamp(moment: float | None) -> str:
    return time.strftime("%a %Y-%m-%d %H:%M:%S %Z", time.localtime(moment)) if moment else ""


def statuses(units: list[Shown], lines: int) -> int:
    codes = [_status(unit, lines) for unit in units]
    return max(codes)


def _status(unit: Shown, lines: int) -> int:
    if unit["LoadState"] == "not-found":
        sys.stderr.write(f"Unit {unit['Id']} could not be found.\n")
        return UNKNOWN
    state = unit["ActiveState"]
    mark = {"active": "●", "failed": "×", "reloading": "↻", "activating": "●"}.get(state, "○")
    why = f" (Result: {unit['Result']})" if unit["Result"] != "success" else ""
    out(f"{mark} {unit['Id']} - {unit['Description']}")
    out(f"     Loaded: {unit['LoadState']} ({unit['FragmentPath']}; {is_enabled(UnitFiles(), unit['Id'])})")
    out(f"     Active: {state} ({unit['SubState']}){why} since {stamp(unit['SinceSeconds']) or 'never'}")
    if unit["ConditionResult"] == "no":
        out("  Condition: start condition failed")
    if unit["MainPID"]:
        out(f"   Main PID: {unit['MainPID']} ({_command(unit['MainPID'])})")
    if unit["StatusText"]:
        out(f'     Status: "{unit["StatusText"]}"')
    for pid in unit["Processes"]:
        out(f"             {pid} {_command(pid)}")
    _tail(unit["Id"], lines)
    return 0 if state in RUNNING else NOT_RUNNING


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[:120]
    except OSError:
        return "?"


def _tail(unit: str, lines: int) -> None:
    found = list(entries(Path("/") / JOURNAL, Wanted((unit,))))[-lines:] if lines else []
    if found:
        out("")
    for entry in found:
        out(entry.shown("short"))


def listing(units: list[Shown], everything: bool, state: str, kind: str) -> int:
    shown = [u for u in units if everything or state or u["ActiveState"] != "inactive"]
    shown = [u for u in shown if not state or state in (u["ActiveState"], u["SubState"])]
    shown = [u for u in shown if not kind or u["Id"].endswith(f".{kind}")]
    for unit in shown:
        out(f"  {unit['Id']:<40} {unit['LoadState']:<8} {unit['ActiveState']:<10} {unit['SubState']:<12} "
            f"{unit['Description']}")
    out(f"\n{len(shown)} loaded units listed.")
    return 0


def timers(found: list[Shown]) -> int:
    out(f"{'NEXT':<30} {'LAST':<30} {'UNIT':<30} ACTIVATES")
    for timer in sorted(found, key=lambda t: t["next"] or float("inf")):
        out(f"{stamp(timer['next']) or '-':<30} {stamp(timer['last']) or '-':<30} {timer['unit']:<30} "
            f"{timer['activates']}")
    out(f"\n{len(found)} timers listed.")
    return 0


def unit_files(files: UnitFiles, patterns: list[str]) -> int:
    from fnmatch import fnmatch
    names = [name for name in files.all_names() if not patterns or any(fnmatch(name, p) for p in patterns)]
    for name in names:
        out(f"{name:<40} {is_enabled(files, name)}")
    out(f"\n{len(names)} unit files listed.")
    return 0 if names else 1


def system(units: list[Shown]) -> int:
    waiting = any(u["ActiveState"] == "activating" and u["SubState"] != "auto-restart" for u in units)
    state = "starting" if waiting else "degraded" if any(u["ActiveState"] == "failed" for u in units) else "running"
    out(state)
    return 0 if state == "running" else 1
