"""What the checkout says of itself: its commit, and whether files differ from it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Commit:
    id: str
    subject: str
    dirty: bool

    @property
    def short(self) -> str:
        return self.id[:10] + ("+" if self.dirty else "")


def commit(root: Path) -> Commit:
    told = _git(root, "log", "-1", "--format=%H%n%s")
    if told is None:
        return Commit(UNKNOWN, "not a git checkout", False)
    identity, _, subject = told.partition("\n")
    return Commit(identity, subject.strip()[:120], bool(_git(root, "status", "--porcelain", "--untracked-files=no")))


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
