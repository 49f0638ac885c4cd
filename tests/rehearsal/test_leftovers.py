"""What a killed apply leaves of the real CLI, and what of it may be cleared away."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rehearsal import leftovers, processes
from rehearsal.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "rehearsal")
    made.make()
    return made


def lock(home: Home, pid: object) -> Path:
    path = home.pulumi / "backend/.pulumi/locks/organization/coko/rehearsal/1.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"pid": pid, "username": "me"}))
    path.with_name("1.json.attrs").write_text("{}")
    return path


def pretender(home: Home, *words: str) -> processes.Process:
    """A process whose command line is like that of a Pulumi."""
    return processes.start(home, "pulumi", ["-c", "import time; time.sleep(60)", "up", "--event-log", *words], 1)


def test_an_orphan_is_ended_and_its_lock_goes(home: Home) -> None:
    orphan = pretender(home, str(home.pulumi / "events-123.json"))
    path = lock(home, orphan.pid)
    leftovers.clear(home)
    assert not orphan.alive
    assert list(path.parent.iterdir()) == []


def test_a_pulumi_that_somebody_runs_is_left_alone(home: Home) -> None:
    theirs = pretender(home, "/elsewhere/events-123.json")
    path = lock(home, theirs.pid)
    leftovers.clear(home)
    assert theirs.alive
    assert path.exists()
    processes.end(theirs.pid)


@pytest.mark.parametrize("pid", ["mine", "many", None])
def test_a_lock_of_the_living_or_of_nobody_known_stays(home: Home, pid: object) -> None:
    path = lock(home, os.getpid() if pid == "mine" else pid)
    leftovers.clear(home)
    assert path.exists()


def checkpoint(home: Home, *operations: tuple[str, str]) -> None:
    path = home.pulumi / "backend/.pulumi/stacks/coko/rehearsal.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    pending = [{"type": kind, "resource": {"urn": f"urn:pulumi:rehearsal::coko::t::{name}"}}
               for kind, name in operations]
    path.write_text(json.dumps({"checkpoint": {"latest": {"pending_operations": pending}}}))


def test_what_may_or_may_not_have_been_made(home: Home) -> None:
    assert leftovers.half_made(home) is None
    checkpoint(home)
    assert leftovers.half_made(home) is None
    checkpoint(home, ("updating", "a"), ("deleting", "b"))
    assert leftovers.half_made(home) is None
    checkpoint(home, *[("creating", name) for name in "abcde"])
    said = leftovers.half_made(home)
    assert said is not None
    assert "a, b, c and 2 more" in said


def test_a_torn_state_is_not_read_into(home: Home) -> None:
    path = home.pulumi / "backend/.pulumi/stacks/coko/rehearsal.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"checkpoint": {"la')
    assert leftovers.half_made(home) is None
