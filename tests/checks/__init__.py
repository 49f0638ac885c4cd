"""The design, held by tests: what may import what, how big things get, what must not be written anywhere."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def tracked(*patterns: str) -> tuple[Path, ...]:
    """The repository's files: what git tracks, and what it would if it were added."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    return tuple(sorted(ROOT / name for name in names if name and (ROOT / name).is_file()))


@cache
def text(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))
