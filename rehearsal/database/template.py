"""A data directory that is made once and copied for every server: initialised, with the world's time zones."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipelines.errors import ExitCode, Failure
from rehearsal.database.sql import connect, owner

SERVER = "mariadbd"
ZONES = Path("/usr/share/zoneinfo")
SMALL = ("--innodb-log-file-size=8M", "--innodb-data-file-path=ibdata1:4M:autoextend")
PATH = os.pathsep.join(["/usr/sbin", "/usr/local/sbin", os.environ.get("PATH", os.defpath)])


@dataclass(frozen=True)
class Template:
    path: Path
    version: str

    def copy_to(self, data: Path) -> None:
        """Whole or not at all: a copy that was interrupted is not taken for a data directory."""
        data.parent.mkdir(parents=True, exist_ok=True)
        half = data.with_name(f"{data.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        run(["cp", "-a", "--reflink=auto", "--sparse=always", f"{self.path}/.", str(half)])
        half.rename(data)


def ensure(state: Path) -> Template:
    """The template for the MariaDB of this machine; another version gets another one."""
    version = server_version()
    made = Template(state / f"template-{version}", version)
    if not made.path.exists():
        state.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix="template-", dir=state))
        try:
            _make(half / "data")
            _publish(half / "data", made.path)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return made


def _publish(half: Path, path: Path) -> None:
    try:
        half.rename(path)
    except OSError:                     # somebody else was faster, and theirs is as good
        if not path.exists():
            raise


def _make(data: Path) -> None:
    run([tool("mariadb-install-db"), "--no-defaults", f"--datadir={data}", f"--user={owner()}", "--skip-test-db",
         "--auth-root-authentication-method=socket", f"--auth-root-socket-user={owner()}", *SMALL])
    log = data.parent / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [tool(SERVER), "--no-defaults", f"--datadir={data}", f"--user={owner()}", "--socket=control.sock",
             "--skip-networking", "--performance-schema=0", "--pid-file=server.pid", *SMALL],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            _load_zones(data, server)
        finally:
            server.terminate()
            server.wait(30)


def _load_zones(data: Path, server: subprocess.Popen[bytes]) -> None:
    """As RDS has them: CONVERT_TZ with names is what Django's dates need."""
    if not ZONES.is_dir():
        return
    with connect(data, alive=lambda: server.poll() is None, patience=30):
        zones = run([tool("mariadb-tzinfo-to-sql"), str(ZONES)])
    # By relative name from the directory: a socket's path may not be long.
    run([tool("mariadb"), "--no-defaults", f"--user={owner()}", "--socket=control.sock", "mysql"], cwd=data, text=zones)


@cache
def server_version() -> str:
    words = run([tool(SERVER), "--no-defaults", "--version"])
    found = re.search(r"Ver ([\d.]+)-MariaDB", words)
    if not found:
        raise Failure("the database cannot be rehearsed", why=f"{SERVER} is not MariaDB's: {words.strip()}",
                      next="apt-get install --no-install-recommends mariadb-server", exit_code=ExitCode.REFUSED)
    return found[1]


@cache
def variables() -> frozenset[str]:
    """Every setting this MariaDB knows, by its own word."""
    text = run([tool(SERVER), "--no-defaults", "--help", "--verbose", f"--user={owner()}"])
    table = text.partition("Variables (--variable-name=value)")[2]
    return frozenset(name.replace("-", "_") for name in re.findall(r"^([a-z][\w-]+)\s", table, re.M))


def tool(name: str) -> str:
    found = shutil.which(name, path=PATH)
    if not found:
        raise Failure("the database cannot be rehearsed", why=f"{name} is not installed",
                      next="apt-get install --no-install-recommends mariadb-server", exit_code=ExitCode.REFUSED)
    return found


def run(argv: Sequence[str], *, cwd: Path | None = None, text: str = "") -> str:
    done = subprocess.run(list(argv), capture_output=True, text=True, check=False, input=text, cwd=cwd)
    if done.returncode:
        raise Failure(f"{Path(argv[0]).name} did not do its work", next=f"run it yourself: {' '.join(argv)}",
                      why=(done.stderr or done.stdout).strip()[-2000:] or f"it exited with {done.returncode}")
    return done.stdout
