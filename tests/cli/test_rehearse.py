"""`coko rehearse` as its users meet it. The stack is left alone here; tests/rehearsal/test_up.py applies one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from pipelines.errors import ExitCode
from rehearsal.processes import start_of

ROOT = Path(__file__).parents[2]


class Rehearsal:
    """The command, with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "COKO_REHEARSAL_HOME": str(self.home), **more}
        return subprocess.run([sys.executable, "-m", "cli", "rehearse", *words], cwd=ROOT, capture_output=True,
                              text=True, check=False, env=environment)

    def up(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self("up", "--only", "cloud", "--no-apply", *words)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("status", "--json").stdout)
        return found

    def pids(self) -> dict[str, int]:
        return {process["name"]: process["pid"] for process in self.status()["processes"]}


@pytest.fixture
def rehearse(tmp_path: Path) -> Iterator[Rehearsal]:
    made = Rehearsal(tmp_path / "home")
    yield made
    made("down", "--wait", "20")


def identity(endpoint: str) -> str:
    sts = boto3.Session().client("sts", endpoint_url=endpoint, region_name="ap-northeast-2",
                                 aws_access_key_id="rehearsal", aws_secret_access_key="rehearsal")
    return str(sts.get_caller_identity()["Account"])


def test_before_up_there_is_nothing(rehearse: Rehearsal) -> None:
    nothing = {"endpoint": None, "url": None, "memory": None, "stack": None}
    assert rehearse.status() == {**nothing, "processes": [], "hosts": []}
    assert "coko rehearse up" in rehearse("status").stdout
    refused = rehearse("env")
    assert refused.returncode == ExitCode.UNREACHABLE
    assert "next: coko rehearse up" in refused.stderr
    assert rehearse("down").returncode == 0
    assert not rehearse.home.exists()


def test_up_twice_then_down(rehearse: Rehearsal) -> None:
    port = free_port()
    first = rehearse.up("--port", str(port))
    assert first.returncode == 0, first.stderr
    assert "was started" in first.stdout
    status = rehearse.status()
    assert (status["endpoint"], status["url"]) == (f"http://127.0.0.1:{port}", None)
    assert {p["name"]: p["alive"] for p in status["processes"]} == {"cloud": True, "codedeploy": True}
    assert identity(status["endpoint"]) == "123456789012"

    again = json.loads(rehearse.up("--json").stdout)
    assert again["changed"] is False
    assert rehearse.status()["processes"] == status["processes"]

    in_a_shell(rehearse, status["endpoint"])
    pids = rehearse.pids()
    down = rehearse("down")
    assert "cloud" in down.stdout
    assert [pid for pid in pids.values() if start_of(pid) is not None] == []
    assert not rehearse.home.exists()


def in_a_shell(rehearse: Rehearsal, endpoint: str) -> None:
    """`env` points a shell at it, and at nothing else."""
    program = """eval "$(coko rehearse env)"
        echo "$AWS_ENDPOINT_URL $COKO_STACK ${AWS_PROFILE-none} $PULUMI_BACKEND_URL"
        python -c "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])" """
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = subprocess.run(["bash", "-euc", program], cwd=ROOT, capture_output=True, text=True, check=False, env={
        **os.environ, "COKO_REHEARSAL_HOME": str(rehearse.home), "PATH": tools, "AWS_PROFILE": "production"})
    assert shell.returncode == 0, shell.stderr
    words, arn = shell.stdout.splitlines()
    assert words.split() == [endpoint, "rehearsal", "none", f"file://{rehearse.home}/pulumi/backend"]
    assert arn.endswith(":user/rehearsal")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_killed_services_come_back_where_they_were(rehearse: Rehearsal) -> None:
    rehearse.up("--port", str(free_port()))
    endpoint, pids = rehearse.status()["endpoint"], rehearse.pids()
    os.kill(pids["codedeploy"], signal.SIGKILL)
    shown = rehearse("status").stdout
    assert "ended" in shown
    assert rehearse.up().returncode == 0
    os.kill(rehearse.pids()["cloud"], signal.SIGKILL)
    assert rehearse.status()["endpoint"] is None
    (rehearse.home / "processes.json").write_text("{torn")     # and nobody knows what still runs
    assert rehearse.up("--port", endpoint.rsplit(":", 1)[1]).returncode == 0
    assert rehearse.status()["endpoint"] == endpoint
    assert identity(endpoint) == "123456789012"
    running = subprocess.run(["pgrep", "-f", str(rehearse.home / "cloud")], capture_output=True, text=True, check=False)
    assert len(running.stdout.split()) == 1


def test_a_taken_port_is_refused_or_passed_over(rehearse: Rehearsal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = rehearse.up("--port", port)
        assert refused.returncode == ExitCode.REFUSED
        assert f"process {os.getpid()} " in refused.stderr


def test_two_at_once(rehearse: Rehearsal) -> None:
    words = [sys.executable, "-m", "cli", "rehearse", "up", "--no-apply", "--port", str(free_port())]
    environment = {**os.environ, "COKO_REHEARSAL_HOME": str(rehearse.home)}
    both = [subprocess.Popen([*words, *wait], cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE) for wait in ([], ["--wait", "60"])]
    ended = [process.communicate() for process in both]
    codes = sorted(process.returncode for process in both)
    # The one that waits always succeeds; the other one succeeds or is refused, as it comes first or second.
    assert codes in ([0, 0], [0, int(ExitCode.REFUSED)]), ended
    if codes == [0, 3]:
        assert "coko rehearse up" in ended[0][1]
    assert rehearse.status()["endpoint"]


def test_bad_words_are_refused(rehearse: Rehearsal) -> None:
    for words in (["up", "--only", "moon"], ["sideways"], ["up", "--engine", "steam"], []):
        refused = rehearse(*words)
        assert refused.returncode == ExitCode.BAD_INPUT
        assert "Traceback" not in refused.stderr


def test_a_home_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused = Rehearsal(tmp_path / "file" / "home").up()
    assert refused.returncode == ExitCode.FAILED
    assert "COKO_REHEARSAL_HOME" in refused.stderr
    assert "Traceback" not in refused.stderr
