"""A tier's own tests, run before anything is packaged. A run that fails, or that is empty, stops the pipeline."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from pipelines.errors import ExitCode, Failure
from pipelines.package import ROOT
from pipelines.stack import TIERS

HOOKS = "tests/scripts/test_hooks.py"
OF_TIER: Mapping[str, Sequence[str]] = {
    "web": ("tests/app/test_bundle.py", "tests/app/test_nginx.py", HOOKS),
    "was": ("tests/app", HOOKS),
}
NONE_COLLECTED = 5      # pytest's exit code


@dataclass(frozen=True, kw_only=True)
class Tested:
    tier: str
    tests: int
    seconds: float
    report: str             # JUnit XML, for who draws trends


def run(tier: str, *, root: Path = ROOT, paths: Sequence[str] | None = None, report: Path | None = None) -> Tested:
    """pytest speaks to the terminal itself."""
    if tier not in TIERS:
        raise Failure(f"there is no tier {tier!r}", why="a stack has the tiers web and was", next="coko test web",
                      exit_code=ExitCode.BAD_INPUT)
    written = report or root / "build" / "reports" / f"{tier}.xml"
    written.parent.mkdir(parents=True, exist_ok=True)
    written.unlink(missing_ok=True)
    began = time.monotonic()
    done = subprocess.run(command(paths or OF_TIER[tier], written), cwd=root, stdout=sys.stderr, check=False)
    if done.returncode not in (0, NONE_COLLECTED):
        raise Failure(f"the tests of {tier} failed", why=f"pytest ended with {done.returncode}; see {written}",
                      next=f"mend what is above, then: coko test {tier}")
    count = counted(written)
    if done.returncode == NONE_COLLECTED or count == 0:
        raise Failure(f"no test of {tier} was run", why="a release that nothing was asked about is not shipped",
                      next=f"look at {', '.join(paths or OF_TIER[tier])}")
    return Tested(tier=tier, tests=count, seconds=time.monotonic() - began, report=str(written))


def command(paths: Sequence[str], report: Path) -> list[str]:
    return [sys.executable, "-m", "pytest", *paths, f"--junitxml={report}"]


def counted(report: Path) -> int:
    """Tests that really ran: skipped ones prove nothing."""
    try:
        suites = list(ElementTree.parse(report).getroot().iter("testsuite"))  # noqa: S314 - pytest wrote it
    except (OSError, ElementTree.ParseError):
        return 0
    return sum(int(each.get("tests", 0)) - int(each.get("skipped", 0)) for each in suites)
