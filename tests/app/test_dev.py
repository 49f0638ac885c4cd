"""`python -m app.dev`: one command and its address; quick the second time; Ctrl-C leaves nothing; a taken port
is said so.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.app import servers


def start(directory: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "app.dev", "--port", "0", "--directory", str(directory), "--days", "40"]
    return subprocess.Popen(
        command, cwd=servers.ROOT, env=servers.told({}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def told(process: subprocess.Popen[str]) -> tuple[str, list[str]]:
    """Its address, and what it said before."""
    said: list[str] = []
    for line in process.stdout or ():
        if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
            return found[0], said
        said.append(line)
    raise AssertionError("".join(said))


def stopped(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    return process.returncode, rest


def test_it_starts_serves_and_stops_twice(tmp_path: Path) -> None:
    for run in ("first", "second"):
        process = start(tmp_path)
        try:
            address, said = told(process)
            assert urllib.request.urlopen(address, timeout=20).status == 200
            assert any("generating" in line for line in said) == (run == "first")
        finally:
            code, rest = stopped(process)
        assert code == 130
        assert "Traceback" not in rest
        port = int(address.rstrip("/").rsplit(":", 1)[1])
        assert not servers.listens(port)


def test_a_taken_port_is_said_with_the_next_command() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = servers.run("app.dev", "--port", str(taken.getsockname()[1]), variables={})
    assert refused.returncode == 2
    assert "next: python -m app.dev --port 0" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_portals_are_a_process_of_their_own(tmp_path: Path) -> None:
    """As the rehearsal runs them: prints what to tell the application, ends with SIGTERM."""
    command = [sys.executable, "-m", "app.fakes", "--port", "0", "--today", "2022-12-20"]
    with subprocess.Popen(command, cwd=servers.ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        variables = dict(process.stdout.readline().strip().split("=", 1) for _ in range(7))
        base = variables["COKO_SEOUL_URL"]
        try:
            collected = servers.run("app.was.migrate", variables={"COKO_DATABASE_FILE": str(tmp_path / "x")})
            assert collected.returncode == 0, collected.stderr
            told = {**variables, "COKO_DATABASE_FILE": str(tmp_path / "x")}
            done = servers.run("app.was.collect", "seoul", variables=told)
            assert (done.returncode, "seoul: ok" in done.stdout) == (0, True), done.stderr
            urllib.request.urlopen(urllib.request.Request(f"{base}/_fault/news/down", method="PUT"), timeout=10)
            failed = servers.run("app.was.collect", "news", variables={**told, "COKO_NAVER_CLIENT_SECRET": "wrong"})
            assert (failed.returncode, "HTTP 502" in failed.stdout) == (1, True), failed.stdout
        finally:
            os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=20) == 0
