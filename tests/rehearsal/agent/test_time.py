"""Time-outs and outputs that stay open: one TERM to the group, no KILL, and what lives on lives on."""

from __future__ import annotations

import time
from pathlib import Path

from rehearsal.agent.diagnostics import Code
from tests.rehearsal.agent.host import Host, bash
from tests.rehearsal.agent.test_hooks import run


def appears(path: Path) -> bool:
    """Wait for it: the test fails by never ending well, not by being slow."""
    for _ in range(200):
        if path.exists():
            return True
        time.sleep(0.05)
    return False


def test_the_whole_group_is_terminated(host: Host) -> None:
    child = "(trap 'touch @here/child' TERM; sleep 30 & wait)"
    script = f"echo start; {child} & trap 'touch @here/parent; wait; exit' TERM; wait"
    report = run(host, bash(script), timeout=1)
    assert report.error_code is Code.SCRIPT_TIMED_OUT
    assert report.message == "Script at specified location: s.sh failed to complete in 1 seconds"
    assert report.log.endswith("[stdout]start\n")
    assert appears(host.path / "parent")
    assert appears(host.path / "child")


def test_a_script_that_ignores_it_is_waited_for(host: Host) -> None:
    report = run(host, bash("trap '' TERM; for i in 1 2 3 4 5 6; do sleep 0.4; done; touch @here/end"), timeout=1)
    assert (report.error_code, (host.path / "end").exists()) == (Code.SCRIPT_TIMED_OUT, True)


def test_an_output_left_open_fails_and_its_holder_lives(host: Host) -> None:
    report = run(host, bash("(sleep 2; touch @here/end) & echo done"), timeout=1)
    assert report.error_code is Code.OUTPUTS_LEFT_OPEN
    assert report.message == "Script at specified location: s.sh failed to close STDOUT"
    assert report.log.endswith("[stdout]done\n")
    assert appears(host.path / "end")


def test_the_error_output_left_open_is_named(host: Host) -> None:
    report = run(host, bash("sleep 2 >/dev/null & echo done"), timeout=1)
    assert report.message == "Script at specified location: s.sh failed to close STDERR"


def test_an_output_closed_in_time_is_fine(host: Host) -> None:
    assert run(host, bash("(sleep 0.3; echo late) & echo done"), timeout=30).error_code is Code.SUCCEEDED
    assert host.said() == ["done", "late"]


def test_a_daemon_that_closes_its_outputs_is_fine(host: Host) -> None:
    script = bash("(sleep 0.5; touch @here/end) >/dev/null 2>&1 & echo done")
    assert run(host, script, timeout=30).error_code is Code.SUCCEEDED
    assert appears(host.path / "end")
