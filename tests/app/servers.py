"""Real servers for tests: a private MariaDB, gunicorn, nginx. Each in a directory of its own, stopped by its
process id.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pymysql

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 90.0     # a laptop that runs other tests as well is slow
PASSWORD = "a password ' with \" signs"


def free_port() -> int:
    """Below the range that outgoing connections take theirs from: nobody comes in by chance before we listen."""
    while True:
        port = random.SystemRandom().randint(15_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def until(true: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if true():
            return
        time.sleep(0.03)
    raise AssertionError(f"{process.args!r} did not start: {log.read_text()[-3000:]}")


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def process(command: list[str], log: Path, ready: Callable[[], bool], cwd: Path = ROOT,
            env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        started = subprocess.Popen(command, cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL)
        try:
            until(ready, started, log)
            yield started
        finally:
            started.terminate()
            try:
                started.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


@dataclass(frozen=True)
class MariaDB:
    port: int
    directory: Path

    def connect(self) -> pymysql.Connection[pymysql.cursors.Cursor]:
        return pymysql.connect(unix_socket=str(self.directory / "sock"), user="root", autocommit=True)

    def execute(self, *statements: str) -> None:
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def variables(self, name: str) -> dict[str, str]:
        return {"COKO_DATABASE_HOST": "127.0.0.1", "COKO_DATABASE_PORT": str(self.port), "COKO_DATABASE_NAME": name,
                "COKO_DATABASE_USER": "coko", "COKO_DATABASE_PASSWORD": PASSWORD}


@contextlib.contextmanager
def mariadb(directory: Path) -> Iterator[MariaDB]:
    """MariaDB as Debian has it, small: its own files, its own port, its own socket."""
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    files = ["--no-defaults", f"--datadir={directory / 'data'}"]
    subprocess.run(["mariadb-install-db", *files, *as_root, "--auth-root-authentication-method=normal",
                    "--skip-test-db", f"--tmpdir={directory}"], check=True, capture_output=True)
    server, log = MariaDB(free_port(), directory), directory / "log"
    certificate = certified(directory)
    command = [shutil.which("mariadbd") or "/usr/sbin/mariadbd", *files, *as_root, f"--port={server.port}",
               "--bind-address=127.0.0.1", f"--socket={directory / 'sock'}", f"--pid-file={directory / 'pid'}",
               f"--tmpdir={directory}", "--skip-name-resolve", "--innodb-buffer-pool-size=64M",
               f"--ssl-cert={certificate}", f"--ssl-key={directory / 'key.pem'}",
               "--innodb-log-file-size=16M", "--performance-schema=0", "--innodb-flush-log-at-trx-commit=0"]
    with process(command, log, lambda: listens(server.port)):
        server.execute("SET GLOBAL collation_server = 'latin1_swedish_ci'",
                       f"CREATE USER coko@'%' IDENTIFIED BY '{pymysql.converters.escape_string(PASSWORD)}'",
                       "GRANT ALL ON *.* TO coko@'%'")
        yield server


def certified(directory: Path) -> Path:
    """A certificate for 127.0.0.1 that is its own authority."""
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", "req", *kind, *name, *files], cwd=directory, check=True, capture_output=True)
    return directory / "cert.pem"


def told(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COKO_", "DJANGO_"))}
    return {**kept, "PYTHONUNBUFFERED": "1", **variables}


def run(
    module: str, *arguments: str, variables: Mapping[str, str], cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", module, *arguments], cwd=cwd, env=told(variables), text=True,
                          capture_output=True, timeout=120)


@contextlib.contextmanager
def gunicorn(variables: Mapping[str, str], directory: Path, cwd: Path = ROOT, python: str = sys.executable,
             workers: int = 1) -> Iterator[int]:
    """The WAS as its unit starts it; gives its port."""
    port = free_port()
    bound = {"COKO_BIND": f"127.0.0.1:{port}", "COKO_WORKERS": str(workers), "RUNTIME_DIRECTORY": str(directory)}
    command = [python, "-m", "gunicorn", "-c", "app/was/gunicorn_conf.py", "app.was.project.wsgi:application"]
    with process(command, directory / "gunicorn.log", lambda: listens(port), cwd, told({**variables, **bound})):
        yield port
