"""The service as a process: kill -9 at every event, bad state, clean end."""

from __future__ import annotations

import http.client
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codedeploy.api import Service
from rehearsal.codedeploy.server import Front, Server

from .agent_double import SUCCESS, AgentDouble
from .lab import Lab, deploy, info
from .process import ROOT, Process, one_rack

EVENTS = 7


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    with Process(tmp_path / "state.db") as started:
        yield started


def wait(process: Process, deployment_id: str, seconds: float = 40.0) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    api = process.api()
    while time.monotonic() < deadline:
        try:
            shown = info(api, deployment_id)
        except Exception:  # it is being restarted
            shown = {"status": "away"}
        if shown["status"] in ("Succeeded", "Failed", "Stopped"):
            return shown
        time.sleep(0.02)
    raise AssertionError(f"{deployment_id} did not end")


def test_kill_9_in_every_event_and_each_still_runs_once(process: Process) -> None:
    one_rack(process.api(), "rack-1")

    def killed_meanwhile(event: str, spec: dict[str, Any]) -> dict[str, Any]:
        process.kill()
        process.start()
        return SUCCESS

    with AgentDouble(process.port, "rack-1", killed_meanwhile) as agent:
        done = deploy(process.api())
        assert wait(process, done)["status"] == "Succeeded"
    assert agent.problems == []
    assert len(agent.ran) == EVENTS
    assert set(Counter(agent.ran).values()) == {1}
    assert process.starts == EVENTS + 1


def test_kill_9_at_random_moments_loses_and_repeats_nothing(process: Process) -> None:
    """Whatever the process was doing: offering, taking an acknowledgement, writing a report."""
    dice = random.Random(7)
    one_rack(process.api(), "rack-1", "rack-2", "rack-3")

    def quick(event: str, spec: dict[str, Any]) -> dict[str, Any]:
        time.sleep(0.15)
        return SUCCESS

    with (
        AgentDouble(process.port, "rack-1", quick) as first,
        AgentDouble(process.port, "rack-2", quick) as second,
        AgentDouble(process.port, "rack-3", quick) as third,
    ):
        done = deploy(process.api())
        for _ in range(6):
            time.sleep(dice.uniform(0.0, 0.12))
            process.kill()
            process.start()
        assert wait(process, done)["status"] == "Succeeded"
    for agent in (first, second, third):
        assert agent.problems == []
        assert len(agent.ran) == EVENTS
        assert set(Counter(agent.ran).values()) == {1}


def test_an_agent_that_dies_with_its_command_fails_the_event_by_code_7(process: Process) -> None:
    one_rack(process.api(), "rack-1")
    with AgentDouble(process.port, "rack-1", lambda event, spec: {**SUCCESS, "error_code": 7, "message": "restarted"}):
        done = deploy(process.api())
        assert wait(process, done)["status"] == "Failed"


def test_a_silent_agent_is_named_by_the_process_too(tmp_path: Path) -> None:
    with Process(tmp_path / "state.db", extra=("--silence", "1")) as process:
        one_rack(process.api(), "rack-1")

        def dies(event: str, spec: dict[str, Any]) -> dict[str, Any]:
            raise RuntimeError("the agent dies here")

        with AgentDouble(process.port, "rack-1", dies):
            done = deploy(process.api())
            shown = wait(process, done)
        assert "is not answering" in shown["deploymentStatusMessages"][0]


def test_a_clean_end_and_what_it_leaves(process: Process) -> None:
    one_rack(process.api(), "rack-1")
    assert process.stop() == 0
    process.start()
    assert process.api().list_applications()["applications"] == ["coko"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rehearsal.codedeploy", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=30, check=False)


def test_a_damaged_state_is_named_with_the_way_out(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    state.write_bytes(b"this is not a database" * 100)
    ended = run("--port", "0", "--state", str(state))
    assert ended.returncode == 2
    assert str(state) in ended.stderr
    assert "Move it away" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_state_of_another_version_is_not_touched(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with sqlite3.connect(state) as connection:
        connection.execute("PRAGMA user_version = 99")
    ended = run("--port", "0", "--state", str(state))
    assert ended.returncode == 2
    assert "version 99" in ended.stderr


def test_two_services_never_share_a_state(process: Process) -> None:
    ended = run("--port", "0", "--state", str(process.state))
    assert ended.returncode == 2
    assert "another CodeDeploy is running" in ended.stderr


def test_a_taken_port_is_an_error_and_no_traceback(process: Process, tmp_path: Path) -> None:
    ended = run("--port", str(process.port), "--state", str(tmp_path / "other.db"))
    assert ended.returncode == 2
    assert "cannot start" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--port", "0"), ("--port", "x", "--state", "y"), ("--port", "0", "--state", "y", "--time-scale", "0")],
)
def test_bad_arguments_are_explained(arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert "usage" in ended.stderr


def test_it_listens_on_loopback_only_and_answers_a_probe(lab: Lab) -> None:
    server = Server(0, Front(Service(lab.engine), lab.agents))
    assert server.server_address[0] == "127.0.0.1"
    server.server_close()


def test_a_huge_request_is_refused_before_it_is_read(process: Process) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=10)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(1 << 30))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()
