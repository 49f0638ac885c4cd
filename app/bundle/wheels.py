"""The WAS's wheels: the lock's versions and hashes, pure Python or abi3, got once and kept in a cache.

Which packages: what `RUNTIME` names and whatever those need, as the lock has it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from app.was.errors import Problem

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = ROOT / "requirements.lock"
RUNTIME = ("django", "gunicorn", "pymysql", "boto3", "requests", "xmltodict", "prometheus-client")
PYTHON = "3.11"
USABLE = re.compile(r"(-none-any|-cp3\d+-abi3-[^-]+)\.whl$")
REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<rest>.*(?:\n[ \t]+.*)*)", re.M)
NAME = re.compile(r"[A-Za-z0-9._-]+")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(roots: tuple[str, ...] = RUNTIME) -> list[str]:
    """The roots and all they need; extras and other systems' packages are left out."""
    found: set[str] = set()
    waiting = [normal(name) for name in roots]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [normal(NAME.match(line)[0]) for line in importlib.metadata.requires(name) or []  # type: ignore[index]
                        if "extra ==" not in line and "sys_platform" not in line and "python_version" not in line]
    return sorted(found)


def locked(text: str, names: list[str]) -> str:
    """The lock's entries of these packages, hashes included."""
    entries = {normal(found["name"]): found[0].split(" ;")[0] if "\n" not in found[0] else found[0]
               for found in REQUIREMENT.finditer(text)}
    missing = [name for name in names if name not in entries]
    if missing:
        raise Problem(f"{', '.join(missing)}: not in requirements.lock", why="the WAS needs it", next="make lock")
    return "".join(entries[name] + "\n" for name in names)


def gathered(directory: Path | None) -> dict[str, bytes]:
    """wheels/<file> → content, from a directory, or from the cache that is filled when it is not yet there."""
    source = directory or download()
    found = {f"wheels/{path.name}": path.read_bytes() for path in sorted(source.glob("*.whl"))}
    unusable = [name for name in found if not USABLE.search(name)]
    if unusable or not found:
        raise Problem(
            f"{source} has {', '.join(unusable) or 'no wheels'}",
            why="hosts take pure Python and abi3 wheels only",
            next=f"rm -r {source}",
        )
    return found


def download() -> Path:
    wanted = locked(LOCK.read_text(), needed())
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:16]
    kept = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "coko" / f"wheels-{digest}"
    if kept.is_dir():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as temporary:
        work = Path(temporary)
        (work / "requirements.txt").write_text(wanted)
        _pip(
            work,
            "download",
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--python-version",
            PYTHON,
            "--abi",
            "abi3",
            "--abi",
            "none",
            "--implementation",
            "py",
            "--platform",
            "any",
            "--dest",
            str(work / "wheels"),
            "--requirement",
            str(work / "requirements.txt"),
        )
        shutil.move(work / "wheels", kept)
    return kept


def _pip(work: Path, *arguments: str) -> None:
    python = Path(sys.executable)
    if importlib.util.find_spec("pip") is None:      # uv makes virtualenvs without one
        subprocess.run([sys.executable, "-m", "venv", str(work / "venv")], check=True)
        python = work / "venv" / "bin" / "python"
    done = subprocess.run(
        [str(python), "-m", "pip", "--disable-pip-version-check", *arguments], capture_output=True, text=True
    )
    if done.returncode:
        raise Problem("the WAS's wheels could not be downloaded", why=done.stderr.strip()[-600:],
                      next="python -m app.bundle was DIRECTORY --wheels A_DIRECTORY_OF_WHEELS")
