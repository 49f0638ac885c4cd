"""A host in a directory: scripts run as user data runs them, with recording stubs for what changes a machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent.parent / "scripts"
STUBS = Path(__file__).resolve().parent / "stubs"

# What Debian and Ubuntu bring on every machine, and what these scripts may take for granted there.
BASE_SYSTEM = (
    "awk", "basename", "bash", "cat", "chmod", "cp", "cut", "date", "dirname", "env", "false", "find", "grep",
    "ln", "ls", "mkdir", "mktemp", "mv", "python3", "rm", "sed", "sha256sum", "sort", "ssh-keygen", "tee", "test",
    "touch", "tr", "true",
)
# What would change a real machine: stubs, which record. The machine has these from the start.
CHANGING = (
    "apt-get", "apt-mark", "blkid", "chgrp", "chown", "dpkg", "dpkg-deb", "dpkg-query", "fallocate", "findmnt", "id",
    "install", "lsblk", "mkfs.ext4", "mkswap", "mount", "mountpoint", "sleep", "stat", "swapon", "systemctl", "useradd",
)


def user_data(exports: dict[str, str], *parts: str) -> str:
    """As the infrastructure program renders it: shebang, exports in single quotes, the scripts' texts."""
    quoted = (f"export {name}='" + value.replace("'", "'\\''") + "'\n" for name, value in exports.items())
    return "#!/usr/bin/env bash\n" + "".join(quoted) + "".join((SCRIPTS / part).read_text() for part in parts)


@dataclass(frozen=True)
class Result:
    status: int
    output: str
    calls: list[str]

    @property
    def last_words(self) -> list[str]:
        return self.output.strip().splitlines()[-3:]

    def called(self, *beginning: str) -> list[str]:
        return [call for call in self.calls if call.startswith(beginning)]


@dataclass(frozen=True)
class Machine:
    """A root directory, a PATH of its own, and a record of every command that would have changed a real machine."""

    at: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def new(cls, at: Path, **environment: str) -> Machine:
        machine = cls(at, environment)
        for directory in ("root/var/log", "root/etc", "bin", "tools", "state/fail", "state/units", "state/active"):
            (at / directory).mkdir(parents=True)
        for tool in BASE_SYSTEM:
            found = shutil.which(tool, path="/usr/bin:/bin:/usr/sbin:/sbin")
            if found:
                (at / "tools" / tool).symlink_to(found)
        machine.has(*CHANGING)
        return machine

    def knows(self, what: str, text: str = "") -> None:
        """Something that stubs look at: which disks there are, what a volume holds, which users exist."""
        (self.at / "state" / what).write_text(text)

    @property
    def root(self) -> Path:
        return self.at / "root"

    def has(self, *commands: str) -> None:
        """The machine has these commands: stubs that record, or do what their own file in stubs/ says."""
        for command in commands:
            own = STUBS / f"{command}.sh"
            shutil.copy(own if own.exists() else STUBS / "any.sh", self.at / "bin" / command)
            (self.at / "bin" / command).chmod(0o755)

    def fails(self, command: str, *, times: int = 999, beginning: str = "") -> None:
        """The next `times` calls of the command (whose arguments begin like that) fail."""
        (self.at / "state" / "fail" / command).write_text(f"{times} {beginning}")

    def has_unit(self, *units: str) -> None:
        for unit in units:
            (self.at / "state" / "units" / unit).touch()

    def text(self, path: str) -> str:
        return (self.root / path.lstrip("/")).read_text()

    def exists(self, path: str) -> bool:
        return (self.root / path.lstrip("/")).exists()

    def run(self, script: str) -> Result:
        record = self.at / "calls"
        record.write_text("")
        (self.at / "user-data").write_text(script)
        environment = {"PATH": f"{self.at}/bin:{self.at}/tools", "COKO_ROOT": str(self.root), "MACHINE": str(self.at),
                       "LC_ALL": "C.UTF-8", "REAL_CURL": shutil.which("curl") or "", "STUBS": str(STUBS)}
        done = subprocess.run([str(self.at / "tools" / "bash"), str(self.at / "user-data")], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, cwd=self.at, check=False, timeout=60,
                              env={**environment, **self.environment, "HOME": os.devnull})
        return Result(done.returncode, done.stdout + done.stderr, record.read_text().splitlines())
