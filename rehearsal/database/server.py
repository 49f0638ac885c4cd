"""One mariadbd: its settings, its start, its end. It outlives the process that started it, and is found again by it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipelines.errors import Failure
from rehearsal import processes
from rehearsal.database import sql
from rehearsal.database.model import Where
from rehearsal.database.template import SERVER, Template, tool
from rehearsal.database.tls import Pair

START_LIMIT = 60.0
STOP_LIMIT = 20.0
FOREVER = 2**64 - 1     # no commit is acknowledged before the standby has it, however long that takes


@dataclass(frozen=True)
class Settings:
    """What a server is told when it starts."""

    number: int                         # as replication knows it
    where: Where
    tls: Pair
    trusted: Path
    options: Mapping[str, str] = field(default_factory=dict)


def render(settings: Settings, root: Path) -> str:
    """Every server starts as a standby that nobody may write to; what makes a primary of it is done by hand after."""
    fixed = {
        "datadir": str(root / "data"), "socket": sql.SOCKET, "pid_file": "server.pid",
        "log_error": str(root / "error.log"), "slow_query_log_file": str(root / "slow.log"), "user": sql.owner(),
        "bind_address": settings.where.address, "port": str(settings.where.port), "skip_name_resolve": "1",
        "ssl_ca": str(settings.trusted), "ssl_cert": str(settings.tls.certificate), "ssl_key": str(settings.tls.key),
        "innodb_buffer_pool_size": "32M", "innodb_log_file_size": "8M", "performance_schema": "0",
        "server_id": str(settings.number), "log_bin": "binlog", "log_slave_updates": "1", "binlog_format": "ROW",
        "gtid_strict_mode": "1", "sync_binlog": "1", "innodb_flush_log_at_trx_commit": "1", "relay_log": "relay",
        "expire_logs_days": "0",        # a lost standby is made again from all that was ever written
        "read_only": "1", "skip_slave_start": "1", "slave_parallel_threads": "4", "slave_net_timeout": "10",
        "rpl_semi_sync_slave_enabled": "1", "rpl_semi_sync_master_enabled": "0",
        "rpl_semi_sync_master_wait_point": "AFTER_SYNC", "rpl_semi_sync_master_timeout": str(FOREVER),
    }
    lines = [f'{name} = "{value}"' for name, value in {**settings.options, **fixed}.items()]
    return "\n".join(["[mariadbd]", *lines, ""])


@dataclass(frozen=True)
class Server:
    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "error.log"

    @property
    def _ledger(self) -> Path:
        return self.root / "process.json"

    def make(self, template: Template) -> None:
        if not self.data.exists():
            template.copy_to(self.data)

    def start(self, settings: Settings) -> None:
        """Returns when it answers; at once if it runs there already."""
        if self.pid is not None and not self.runs_at(settings.where):
            self.kill()
        if self.pid is None:
            configuration = self.root / "server.cnf"
            configuration.write_text(render(settings, self.root))
            argv = [*settings.where.prefix, tool(SERVER), f"--defaults-file={configuration}"]
            with (self.root / "output.log").open("ab") as out:
                child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
            self._write_down(child.pid, settings.where)
        try:
            with self.control(patience=START_LIMIT):
                return
        except Failure as error:
            why = processes.last_lines(str(self.log)) or processes.last_lines(str(self.root / "output.log"))
            raise Failure("the database server does not start", why=f"{error.why}; the end of its log:\n{why}",
                          next=f"read {self.log}") from error

    def _write_down(self, pid: int, where: Where) -> None:
        new = self._ledger.with_suffix(".new")
        new.write_text(json.dumps({"pid": pid, "started": processes.start_of(pid), "where": asdict(where)}))
        new.replace(self._ledger)

    @property
    def pid(self) -> int | None:
        """Of the running server. One whose start was never written down is known by its command line."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            row = json.loads(self._ledger.read_text())
            if row["started"] is not None and processes.start_of(row["pid"]) == row["started"]:
                return int(row["pid"])
        return self._stray() if self.root.exists() else None

    def runs_at(self, where: Where) -> bool:
        """Alive, and where it should be: a network that was made anew is another place, at the same address."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(self._ledger.read_text())["where"]
            return self.alive and Where(kept["address"], kept["port"], tuple(kept["prefix"])) == where
        return False

    def _stray(self) -> int | None:
        wanted = f"--defaults-file={self.root / 'server.cnf'}"
        for path in processes.PROC.glob("[0-9]*"):
            with suppress(OSError):
                words = (path / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if wanted in words and processes.start_of(int(path.name)) is not None:
                    return int(path.name)
        return None

    @property
    def alive(self) -> bool:
        return self.pid is not None

    def control(self, *, patience: float = 0, limit: int = sql.LIMIT) -> AbstractContextManager[sql.Control]:
        return sql.connect(self.data, alive=lambda: self.alive, patience=patience, limit=limit)

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        if pid := self.pid:
            processes.end(pid, patience=STOP_LIMIT)

    def kill(self) -> None:
        """It ends now, and can acknowledge nothing any more when this returns."""
        while pid := self.pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.002)

    def forget(self) -> None:
        """Its data, for another copy. It has ended before."""
        shutil.rmtree(self.data, ignore_errors=True)

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.root, ignore_errors=True)
