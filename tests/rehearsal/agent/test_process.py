"""The agent as a process: both verbs, killed in the middle of an event, and told to end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.rehearsal.agent.fake_service import FakeService, serving
from tests.rehearsal.agent.host import HEAD, Host, bash, hooks, spec_of
from tests.rehearsal.agent.test_time import appears

REPOSITORY = Path(__file__).resolve().parents[3]
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def cloud() -> Iterator[FakeService]:
    with serving() as service:
        yield service


@contextmanager
def agent(host: Host, cloud: FakeService) -> Iterator[subprocess.Popen[bytes]]:
    arguments = ["--root", host.root, "--endpoint", cloud.endpoint, "--instance-id", "i-1", "--heartbeat", "0.05"]
    command = [sys.executable, "-m", "rehearsal.agent", "run", *map(str, arguments), "--poll-interval", "0.05"]
    process = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, cwd="/")
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def long_event(host: Host, cloud: FakeService) -> None:
    script = bash("touch @here/begun; while [ ! -e @here/go ]; do sleep 0.05; done; touch @here/ended")
    bundle = host.revision({"appspec.yml": HEAD + hooks("AfterInstall", "s.sh", timeout=60), "s.sh": script})
    host.deploy(spec_of(bundle), ["DownloadBundle"])
    cloud.order("AfterInstall", spec_of(bundle), "c-1")


def test_killed_in_the_middle_of_an_event_it_says_so_in_its_next_life(host: Host, cloud: FakeService) -> None:
    long_event(host, cloud)
    with agent(host, cloud) as first:
        assert appears(host.path / "begun")
        first.kill()
        first.wait()
    host.write("go", "")
    with agent(host, cloud):
        status, said = cloud.reports()["c-1"]
    assert (status, said["error_code"], said["log"]) == ("Failed", 7, "")


def test_term_lets_the_event_end(host: Host, cloud: FakeService) -> None:
    long_event(host, cloud)
    with agent(host, cloud) as process:
        assert appears(host.path / "begun")
        process.terminate()
        host.write("go", "")
        assert process.wait() == 0
    assert cloud.reports()["c-1"][0] == "Succeeded"
    assert (host.path / "ended").exists()


def test_a_second_signal_ends_at_once(host: Host, cloud: FakeService) -> None:
    long_event(host, cloud)
    with agent(host, cloud) as process:
        assert appears(host.path / "begun")
        process.send_signal(signal.SIGTERM)
        assert process.stderr
        while b"another signal ends at once" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    assert cloud.told("PutHostCommandComplete") == []
    host.write("go", "")


def test_an_idle_agent_beats(host: Host, cloud: FakeService) -> None:
    with agent(host, cloud) as process:
        beats = cloud.await_calls("PostHostHeartbeat", 3)
        process.terminate()
        assert process.wait() == 0
    assert beats[0]["InProgress"] == []


def drive(job: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rehearsal.agent", "drive"]
    return subprocess.run(command, input=job, env=ENVIRONMENT, capture_output=True, text=True, check=False, cwd="/")


def test_driving_prints_the_calls(host: Host) -> None:
    bundle = host.revision({"appspec.yml": HEAD + hooks("AfterInstall", "s.sh"), "s.sh": bash("exit 9")})
    commands = [
        {"command": name, "spec": spec_of(bundle)} for name in ("DownloadBundle", "AfterInstall", "BeforeInstall")
    ]
    job = {"root_dir": str(host.root), "commands": commands, "keep_going": False, "max_revisions": 5}
    done = drive(json.dumps(job))
    calls = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(call["command"], call["call"]) for call in calls] == [
        ("DownloadBundle", "ack"),
        ("DownloadBundle", "complete"),
        ("AfterInstall", "ack"),
        ("AfterInstall", "complete"),
    ]
    assert (calls[3]["status"], calls[3]["diagnostics"]["error_code"], done.returncode) == ("Failed", 4, 0)
    going = drive(json.dumps(job | {"keep_going": True}))
    assert [json.loads(line)["command"] for line in going.stdout.splitlines()][-1] == "BeforeInstall"


@pytest.mark.parametrize("job", ["", "[]", "{}", '{"root_dir": "/x", "commands": [{"spec": {}}]}', "\x00"])
def test_a_job_that_is_none_is_explained(job: str) -> None:
    done = drive(job)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert "'commands'" in done.stderr or "not a JSON object" in done.stderr


def test_keeping_no_revision_is_refused(host: Host) -> None:
    arguments = ["run", "--root", str(host.root), "--endpoint", "http://127.0.0.1:1", "--instance-id", "i-1"]
    command = [sys.executable, "-m", "rehearsal.agent", *arguments, "--max-revisions", "0"]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, "must be 1 or more" in done.stderr) == (2, True)
