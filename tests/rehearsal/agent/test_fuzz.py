"""Ten thousand hostile revisions: each is deployed or refused in words, and nothing is written outside."""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.agent import appspec, archives, plan
from rehearsal.agent.errors import AgentError, UnreadableAppSpecError, UnsafeBundleError, explain
from rehearsal.agent.installer import clean_up, install
from rehearsal.agent.unpack import Limits, strip_single_directory
from tests.rehearsal.agent import hostile

SEEDS = range(10)
EACH = 600
SMALL = Limits(bytes=4000, entries=6, ratio=50, any_ratio_below=100_000)
KNOWN = re.compile(
    r"^The deployment failed because|invalid (range part|sensitivity|category)|section|can't find (user|group)"
)


def snapshot(path: Path) -> list[tuple[str, int, int, bytes]]:
    """What is outside; neither names, modes, times nor contents may change."""
    found = [path, *sorted(path.rglob("*"))]
    return [(str(p), p.stat().st_mode, p.stat().st_mtime_ns, p.read_bytes() if p.is_file() else b"") for p in found]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """What an escape would hit: beside the archive, and beside the destination."""
    canary = tmp_path / "canary"
    canary.mkdir()
    (canary / "file").write_text("untouched")
    return canary


def refusal(attempt: Callable[[], object]) -> Exception | None:
    """What the agent would report; anything else it raises is a crash, and fails the test."""
    try:
        attempt()
    except (AgentError, OSError) as error:
        return error
    return None


def bundle_is_named(error: Exception, bundle: Path) -> bool:
    if isinstance(error, UnsafeBundleError):
        return str(bundle) in str(error) and "(entry '" in str(error)
    return str(error).startswith("Error extracting") and isinstance(error, AgentError)


@pytest.mark.parametrize("seed", SEEDS)
def test_bundles_never_leave_their_directory(tmp_path: Path, outside: Path, seed: int) -> None:
    chance, before = random.Random(f"bundle {seed}"), snapshot(outside)
    archive, bundle, refused = tmp_path / "deep" / "archive", tmp_path / "bundle", 0
    for number in range(EACH):
        which = f"seed {seed}, bundle {number}"
        kind = hostile.bundle(chance, bundle)
        error = refusal(lambda kind=kind: archives.unpack(bundle, kind, archive, SMALL))  # type: ignore[misc]
        error = error or refusal(lambda: strip_single_directory(archive, tmp_path / "deep" / "aside"))
        assert error is None or bundle_is_named(error, bundle), f"{which}: {error!r}"
        refused += error is not None
        assert snapshot(outside) == before, which
        assert {path.name for path in tmp_path.iterdir()} <= {"canary", "bundle", "deep"}, which
        assert stays_inside(archive), which
        shutil.rmtree(tmp_path / "deep", ignore_errors=True)
    assert EACH / 20 < refused < EACH * 19 / 20, "the generator makes only one kind"


def stays_inside(archive: Path) -> bool:
    """No link leads out of what was unpacked, or what was left of it."""
    links = [path for path in archive.rglob("*") if path.is_symlink()]
    return all(os.path.realpath(link).startswith(os.path.realpath(archive)) for link in links)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "revision"
    (path / "app" / "sub").mkdir(parents=True)
    for name in ("app/a.sh", "app/sub/b", "s.sh", "linked"):
        (path / name).write_text("new")
    (path / "app" / "link").symlink_to("../../canary/file")
    (path / "app" / "around").symlink_to("sub")
    return path


def place_is_named(error: Exception, appspec_file: Path) -> bool:
    """By file and line where the file cannot be read, by the official text or by a path otherwise."""
    said = explain(error)
    if isinstance(error, UnreadableAppSpecError):
        return re.match(rf"{appspec_file}( line \d+|: \d+ bytes)", said) is not None
    return bool(KNOWN.search(said)) or str(appspec_file.parent.parent) in said


@pytest.mark.parametrize("seed", SEEDS)
def test_appspec_files_are_read_or_refused(tmp_path: Path, outside: Path, archive: Path, seed: int) -> None:
    chance, before = random.Random(f"appspec {seed}"), snapshot(outside)
    dest, file, cleanup, refused = tmp_path / "dest", archive / "appspec.yml", tmp_path / "cleanup", 0

    def deploy() -> None:
        install(appspec.load(file), archive, cleanup, tmp_path / "install.json", "OVERWRITE")

    for number in range(EACH):
        file.write_bytes(hostile.appspec(chance, str(dest)))
        which = f"seed {seed}, file {number}: {file.read_bytes()!r}"
        error = refusal(deploy)
        assert error is None or place_is_named(error, file), f"{which}: {error!r}"
        refused += error is not None
        assert snapshot(outside) == before, which
        clean_up(cleanup)
        shutil.rmtree(dest, ignore_errors=True)
    assert EACH / 20 < refused < EACH * 19 / 20, "the generator makes only one kind"


def test_a_maze_of_links_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    """Twenty directories, each with two links to the next, are a million directories once copied."""
    for level in range(20):
        here = tmp_path / "revision" / f"l{level}"
        here.mkdir(parents=True)
        for name in ("x", "y"):
            (here / name).symlink_to(f"../l{level + 1}")
    (tmp_path / "revision" / "l20").mkdir()
    text = f"version: 0.0\nos: linux\nfiles:\n  - source: l0\n    destination: {tmp_path}/dest\n"
    (tmp_path / "revision" / "appspec.yml").write_text(text)
    with pytest.raises(AgentError, match="more than 1000 steps"):
        plan.make(appspec.load(tmp_path / "revision" / "appspec.yml"), str(tmp_path / "revision"), "DISALLOW", 1000)
    assert not (tmp_path / "dest").exists()
