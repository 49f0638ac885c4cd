"""Processes that are found again, ports that are taken, one command at a time, a home that is ours alone."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from pipelines.errors import ExitCode, Failure
from rehearsal import lock, processes, running
from rehearsal.display import Display, told
from rehearsal.home import Home
from rehearsal.processes import Process


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "rehearsal")
    made.make()
    return made


def sleeper(home: Home, *words: str) -> Process:
    return processes.start(home, "sleeper", ["-c", "import time; time.sleep(60)", *words], 1)


def test_a_process_is_its_pid_and_its_start(home: Home) -> None:
    made = sleeper(home)
    assert processes.recorded(home)["sleeper"] == made
    assert made.alive
    assert not Process(made.name, made.pid, made.started + 1, 1, made.log, made.since).alive
    processes.end(made.pid)
    assert not made.alive


def test_one_that_will_not_end_is_made_to(home: Home) -> None:
    stubborn = processes.start(home, "stubborn", [
        "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); "
              "time.sleep(60)"], 1)
    while "deaf" not in processes.last_lines(stubborn.log):
        time.sleep(0.02)
    processes.end(stubborn.pid, patience=0.2)
    assert not stubborn.alive


def test_what_was_never_written_down_is_found_by_its_command_line(home: Home) -> None:
    made = sleeper(home, "rehearsal.none", str(home.cloud))
    other = sleeper(home, "rehearsal.none", str(home.cloud) + "-of-somebody-else")
    home.write("processes.json", {})
    assert processes.strays("rehearsal.none", home.cloud) == [made.pid]
    for process in (made, other):
        processes.end(process.pid)


@pytest.mark.parametrize("ledger", ["{torn", "[]", '{"cloud": {"pid": 1}}'])
def test_a_torn_ledger_is_no_ledger(home: Home, ledger: str) -> None:
    (home.root / "processes.json").write_text(ledger)
    assert processes.recorded(home) == {}


def test_services_get_none_of_the_users_settings() -> None:
    os.environ["AWS_PROFILE"] = "production"
    try:
        found = processes.environment()
    finally:
        del os.environ["AWS_PROFILE"]
    assert "AWS_PROFILE" not in found
    assert found["AWS_CONFIG_FILE"] == os.devnull


def test_a_taken_port_is_passed_over_and_its_user_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert processes.free_port(port) != port
        assert f"process {os.getpid()} " in (processes.port_user(port) or "")
    assert processes.free_port(port) == port
    assert processes.port_user(port) is None


def test_a_service_that_does_not_start_shows_its_log(home: Home) -> None:
    broken = processes.start(home, "cloud", ["-c", "raise SystemExit('the cause')"], processes.free_port())
    with pytest.raises(Failure) as failure:
        running.await_ready(broken)
    assert "the cause" in failure.value.why


def holding(path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock until its input ends."""
    program = ("import sys; from pathlib import Path; from rehearsal.lock import held\n"
               "with held(Path(sys.argv[1]), 'coko rehearse up'):\n    print('held', flush=True); sys.stdin.read()")
    other = subprocess.Popen([sys.executable, "-c", program, str(path)], text=True, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert other.stdout
    assert other.stdout.readline() == "held\n"
    return other


def test_a_second_command_is_refused_and_told_whose_turn_it_is(tmp_path: Path) -> None:
    other = holding(tmp_path / "lock")
    with pytest.raises(Failure) as refused, lock.held(tmp_path / "lock", "coko rehearse down"):
        pass
    assert refused.value.exit_code == ExitCode.REFUSED
    assert f"`coko rehearse up` (process {other.pid}, since " in refused.value.why
    other.send_signal(signal.SIGKILL)
    other.communicate()
    with lock.held(tmp_path / "lock", "coko rehearse down"):      # the kernel let go for the dead
        assert lock.holder(tmp_path / "lock")["pid"] == os.getpid()


def test_a_second_command_can_wait(tmp_path: Path) -> None:
    other = holding(tmp_path / "lock")
    said: list[str] = []
    threading.Timer(0.3, lambda: other.stdin and other.stdin.close()).start()
    with lock.held(tmp_path / "lock", "coko rehearse down", wait=20, tell=said.append):
        assert "waiting for `coko rehearse up`" in said[0]
    other.wait()


def test_a_home_is_made_private_and_removed_whole(home: Home) -> None:
    assert home.root.stat().st_mode & 0o077 == 0
    (home.root / "lock").touch()
    home.remove()
    assert not home.root.exists()
    home.remove()


def test_what_is_put_aside_is_never_overwritten(home: Home) -> None:
    for number in range(2):
        (home.root / "engine").mkdir()
        (home.root / "engine" / "journal").write_text(str(number))
        home.set_aside("20260101-000000", with_cloud=False)
    kept = sorted((home.root / "set-aside").glob("*/engine/journal"))
    assert [path.read_text() for path in kept] == ["0", "1"]


def test_somebody_elses_directory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    theirs = Home(tmp_path)
    with pytest.raises(Failure, match="not a directory of the rehearsal"):
        theirs.make()
    theirs.remove()
    assert (tmp_path / "thesis.txt").exists()


class Step:
    def __init__(self, operation: str, name: str) -> None:
        self.operation, self.type, self.name = operation, "aws:ec2/vpc:Vpc", name


class Event:
    def __init__(self, operation: str, name: str, phase: str, done: int, seconds: float = 0) -> None:
        self.step, self.phase, self.done, self.total, self.seconds = Step(operation, name), phase, done, 9, seconds


def show(*events: Event, live: bool) -> str:
    written: list[str] = []
    now = iter(range(100))
    display = Display(written.append, live=live, clock=lambda: float(next(now)), width=100)
    for event in events:
        display(event)      # type: ignore[arg-type]
    display.close()
    return "".join(written)


STORY = (Event("create", "a", "started", 0), Event("create", "b", "started", 0), Event("create", "a", "done", 1, 0.5),
         Event("same", "c", "done", 2), Event("create", "b", "failed", 2, 1.5))


def test_progress_is_plain_lines_where_nobody_watches() -> None:
    assert show(*STORY, live=False) == "  + aws:ec2/vpc:Vpc a  0.5 s\n  ✗ aws:ec2/vpc:Vpc b  failed after 1.5 s\n"


def test_progress_is_one_moving_line_on_a_terminal() -> None:
    shown = show(*STORY, live=True)
    assert "0/9  0 changed  aws:ec2/vpc:Vpc a and 1 more" in shown
    assert "1/9  1 changed  aws:ec2/vpc:Vpc b" in shown
    assert shown.count("\n") == 1       # what failed stays
    assert shown.endswith("\r\033[K")


@pytest.mark.parametrize(("counts", "text"), [
    ({"same": 9}, "nothing to change: 9 resources are as the program says (1.0 s)"),
    ({"create": 2, "same": 7}, "2 created, 7 unchanged (1.0 s)"),
    ({"replace": 1, "delete": 3}, "1 replaced, 3 deleted (1.0 s)"),
])
def test_the_end_is_one_sentence(counts: dict[str, int], text: str) -> None:
    assert told(dict(Counter(counts)), 1.0) == text


def test_the_state_is_readable_json(home: Home) -> None:
    home.write("applied.json", {"stack": "rehearsal"})
    assert json.loads((home.root / "applied.json").read_text()) == {"stack": "rehearsal"}
    assert home.read("none.json") == {}
