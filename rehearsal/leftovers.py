"""What a killed apply leaves of the real CLI: processes without a parent, locks of the dead, resources half made.

Whoever calls this holds the rehearsal's lock, so a Pulumi that `coko` started is an orphan; one that somebody runs by
hand is not ours to end, and its lock is respected.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from rehearsal import processes
from rehearsal.home import Home


def clear(home: Home) -> None:
    """End the orphans, and take away the locks of those that are no more."""
    processes.end(*orphans(home))
    for path in (home.pulumi / "backend" / ".pulumi" / "locks").glob("**/*.json"):
        pid = _json(path).get("pid")
        if isinstance(pid, int) and processes.start_of(pid) is None:
            path.unlink(missing_ok=True)
            path.with_name(f"{path.name}.attrs").unlink(missing_ok=True)


def orphans(home: Home) -> list[int]:
    """Pulumi's processes by their event log, which only `coko` asks for and which lies in this home."""
    ours = str(home.pulumi / "events-").encode()
    found = []
    for path in processes.PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (path / "cmdline").read_bytes().split(b"\0")
            if any(word.startswith(ours) for word in words) and processes.start_of(int(path.name)) is not None:
                found.append(int(path.name))
    return found


def half_made(home: Home) -> str | None:
    """Pulumi records what it is about to make; after a kill nobody knows whether it was made."""
    names = [operation["resource"]["urn"].rsplit("::", 1)[-1]
             for path in (home.pulumi / "backend" / ".pulumi" / "stacks").glob("*/*.json")
             for operation in _pending(_json(path)) if operation.get("type") == "creating"]
    if not names:
        return None
    shown = ", ".join(sorted(names)[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"the last apply was killed while it made {shown}, and whether they exist is not known"


def _pending(state: dict[str, Any]) -> list[dict[str, Any]]:
    return list((state.get("checkpoint", {}).get("latest") or {}).get("pending_operations") or [])


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
