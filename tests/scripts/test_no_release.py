"""What hosts answer before their first release, by the real nginx and the real placeholder."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.scripts import Machine
from tests.scripts.test_first_boot import WAS, first_boot

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin") or "nginx"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine.new(tmp_path)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def nginx(machine: Machine, port: int) -> list[str]:
    """The configuration that first boot wrote, in the least frame that nginx needs."""
    server = machine.root / "etc/nginx/conf.d/coko.conf"
    text = server.read_text().replace("/opt/coko/", f"{machine.root}/opt/coko/")
    server.write_text(re.sub(r"listen 80 ", f"listen 127.0.0.1:{port} ", text))
    frame = machine.at / "nginx.conf"
    paths = "".join(f"{kind}_temp_path {machine.at}/{kind};" for kind in
                    ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    frame.write_text(f"daemon off; pid {machine.at}/nginx.pid; error_log /dev/null; worker_processes 1; events {{}}\n"
                     f"http {{ access_log off; {paths} include {server}; }}\n")
    return [NGINX, "-p", str(machine.at), "-c", str(frame)]


def release(machine: Machine, site: str) -> None:
    (machine.root / "opt/coko/web/releases/r1/nginx").mkdir(parents=True)
    (machine.root / "opt/coko/web/releases/r1/nginx/site.conf").write_text(site)
    current = machine.root / "opt/coko/web/current"
    current.unlink()
    current.symlink_to("releases/r1")


def directives(text: str) -> list[str]:
    bare = re.sub(r"\s+", " ", re.sub(r"#.*", "", text))
    return [part.strip() for part in re.split(r"(?<=[{};])", bare) if part.strip()]


def test_the_server_is_the_one_that_the_application_is_tested_with(machine: Machine, repository: Path) -> None:
    machine.run(first_boot())
    assert directives(machine.text("/etc/nginx/conf.d/coko.conf")) == directives(
        (repository / "app/web/nginx/host.conf").read_text())


def test_a_web_host_is_well_and_says_that_there_is_no_release(machine: Machine, port: int) -> None:
    machine.run(first_boot())
    with running(nginx(machine, port), port):
        assert get(port, "/healthz") == (200, "ok\n")
        assert get(port, "/") == (503, "no release yet\n")


def test_a_release_serves_everything_but_the_health_check(machine: Machine, port: int) -> None:
    machine.run(first_boot())
    release(machine, "location / { return 200 'the site'; }\n")
    with running(nginx(machine, port), port):
        assert get(port, "/anything") == (200, "the site")
        assert get(port, "/healthz") == (200, "ok\n")


def test_a_release_that_would_move_the_health_check_is_refused_by_nginx(machine: Machine, port: int) -> None:
    machine.run(first_boot())
    release(machine, "location = /healthz { return 404; }\n")
    done = subprocess.run([*nginx(machine, port), "-t"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert 'duplicate location "/healthz"' in done.stderr


def test_a_was_host_is_well_and_serves_nothing(machine: Machine, port: int) -> None:
    machine.run(first_boot(**WAS, COKO_PORT=str(port)))
    with running([sys.executable, "-I", str(machine.root / "etc/coko/placeholder.py")], port):
        assert get(port, "/readyz")[0] == 200
        assert get(port, "/")[0] == 503
