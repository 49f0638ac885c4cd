"""Prepares a WAS release on its host: unpacks the bundle's wheels beside it.

No network, no pip, no compiler; standard library only.

    python3 install.py --check     is this Python new enough, is every wheel whole and meant for this machine?
    Touches nothing.
    python3 install.py             unpacks wheels/ into lib/, which the units put on PYTHONPATH

Wheels here are pure Python or abi3, so one bundle runs on 3.11 and 3.12, on Debian and on Ubuntu.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import json
import os
import platform
import re
import shutil
import sys
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

HERE = Path(__file__).resolve().parent
# Of botocore's 400 services the application uses one, and its way to credentials.
BOTOCORE_DATA = re.compile(r"botocore/data/(?!(secretsmanager|sts|sso|sso-oidc)/)[^/]+/")
ABI3 = re.compile(r"-cp3(?P<minor>\d+)-abi3-(?P<platforms>.+)\.whl$")


class Refused(Exception):
    """The release cannot be installed here; the text says what, why and next."""

    def __init__(self, what: str, why: str, next: str) -> None:  # noqa: A002
        super().__init__(f"error: {what}\n  why:  {why}\n  next: {next}")


def check(
    bundle: Path, version: tuple[int, int] = sys.version_info[:2], machine: str = platform.machine()
) -> list[Path]:
    """The wheels, if this host can run the release."""
    told = _told(bundle)
    needed = tuple(int(part) for part in str(told["python"]).split("."))
    if version < needed:
        raise Refused(
            f"this host's Python is {version[0]}.{version[1]}",
            f"the release needs {told['python']} or newer",
            "use the AMI of this stack's other hosts: python3 --version",
        )
    return [
        _wheel(bundle / "wheels" / name, digest, version, machine) for name, digest in sorted(told["wheels"].items())
    ]


def _told(bundle: Path) -> dict[str, Any]:
    try:
        document = json.loads((bundle / "bundle.json").read_text())
        return {"python": document["python"], "wheels": dict(document["wheels"])}
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise Refused("the bundle does not say what is in it", f"bundle.json: {type(cause).__name__}: {cause}",
                      "coko package was") from None


def _wheel(path: Path, digest: str, version: tuple[int, int], machine: str) -> Path:
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise Refused(f"{path.name} is missing or not what was packaged", "its SHA-256 is not the one in bundle.json",
                      "coko package was")
    if path.name.endswith("-none-any.whl"):
        return path
    found = ABI3.search(path.name)
    if not found or int(found["minor"]) > version[1] or machine not in found["platforms"]:
        raise Refused(f"{path.name} does not run here", f"this is Python {version[0]}.{version[1]} on {machine}",
                      "package with pure Python or abi3 wheels only")
    return path


def install(bundle: Path, wheels: list[Path]) -> int:
    """Unpacks beside, then swaps: an interrupted run leaves nothing half done, and a repeated one starts over."""
    beside, target = bundle / "lib.new", bundle / "lib"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    count = sum(unpack(wheel, beside) for wheel in wheels)
    compileall.compile_dir(bundle / "app", quiet=2, workers=1)
    compileall.compile_dir(beside, quiet=2, workers=0 if (os.cpu_count() or 1) > 2 else 1)
    shutil.rmtree(target, ignore_errors=True)
    beside.rename(target)
    return count


def unpack(wheel: Path, target: Path) -> int:
    """A wheel's modules and metadata; its scripts are not needed, `python3 -m` starts everything."""
    count = 0
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            inside = _inside(entry.filename)
            if inside and not entry.is_dir() and not BOTOCORE_DATA.match(inside):
                path = target / inside
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(entry))
                count += 1
    return count


def _inside(name: str) -> str:
    """Where an entry goes; "" for what is left out. Nothing may leave the directory."""
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or name.startswith("/"):
        raise Refused(
            f"a wheel holds the path {name!r}", "it would be written outside of the release", "coko package was"
        )
    if parts[0].endswith(".data"):
        return "/".join(parts[2:]) if len(parts) > 2 and parts[1] in ("purelib", "platlib") else ""
    return name


def main(arguments: list[str], bundle: Path = HERE) -> int:
    parser = argparse.ArgumentParser(prog="install.py", description=__doc__)
    parser.add_argument("--check", action="store_true", help="touch nothing")
    given = parser.parse_args(arguments)
    try:
        wheels = check(bundle)
        count = 0 if given.check else install(bundle, wheels)
    except (Refused, OSError, zipfile.BadZipFile) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    sys.stdout.write(
        f"{'checked' if given.check else 'unpacked'}: {len(wheels)} wheels{f', {count} files' if count else ''}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
