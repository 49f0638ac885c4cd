"""jenkins/, read as data: its YAML parsed, its pins split, its references found."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

JENKINS = Path(__file__).resolve().parent.parent.parent / "jenkins"
FILES = sorted((JENKINS / "casc").glob("*.yaml"))
# JCasC replaces ${name}; ^${name} stays.
REFERENCE = re.compile(r"(?<!\^)\$\{([^}]*)\}")


@cache
def parsed(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text()))


def merged() -> dict[str, Any]:
    """All files as JCasC sees them: mappings united, two values for one place an error."""
    whole: dict[str, Any] = {}
    for path in FILES:
        unite(whole, parsed(path), path.name)
    return whole


def unite(whole: dict[str, Any], part: dict[str, Any], where: str) -> None:
    for key, value in part.items():
        if isinstance(value, dict) and isinstance(whole.setdefault(key, {}), dict):
            unite(whole[key], value, f"{where}.{key}")
        elif key in whole:
            raise AssertionError(f"{where}: {key} is set in two files; JCasC refuses that")
        else:
            whole[key] = value


def pins() -> dict[str, str]:
    lines = [line for line in (JENKINS / "plugins.txt").read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split(":", 1) for line in lines)
