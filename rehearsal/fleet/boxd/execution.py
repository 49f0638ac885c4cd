"""One command of a unit, executed as the unit says: as whom, where, with what, writing to where."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import resource
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.fleet.boxd.unitfile import Unit
from rehearsal.fleet.boxd.words import BadWordError, Command, assignments, environment_file, expanded

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
EXIT_CHDIR, EXIT_EXEC, EXIT_USER, EXIT_OUTPUT = 200, 203, 217, 209        # systemd's numbers
DIRECTORIES = {"Runtime": "/run", "State": "/var/lib", "Cache": "/var/cache", "Logs": "/var/log",
               "Configuration": "/etc"}


@dataclass(frozen=True)
class User:
    name: str
    uid: int
    gid: int
    home: str
    shell: str


class NoSuchUserError(BadWordError):
    """User= or Group= names nobody of this host."""


def user_of(unit: Unit) -> User | None:
    told, group = unit.one("Service", "User"), unit.one("Service", "Group")
    if not told and not group:
        return None
    try:
        found = pwd.getpwuid(int(told)) if told.isdigit() else pwd.getpwnam(told or "root")
        gid = grp.getgrnam(group).gr_gid if group and not group.isdigit() else int(group or found.pw_gid)
    except KeyError as error:
        raise NoSuchUserError(f"{unit.name}: there is no user or group {told or group}") from error
    return User(found.pw_name, found.pw_uid, gid, found.pw_dir, found.pw_shell)


def environment(unit: Unit, base: Mapping[str, str], user: User | None) -> dict[str, str]:
    made = {"PATH": PATH, "LANG": "C.UTF-8", **base}
    if user:
        made |= {"USER": user.name, "LOGNAME": user.name, "HOME": user.home, "SHELL": user.shell}
    for line in unit.all("Service", "Environment"):
        made |= assignments(line)
    for name in unit.all("Service", "EnvironmentFile"):
        path = Path(name.removeprefix("-"))
        if path.exists() or not name.startswith("-"):
            made |= environment_file(path.read_text())
    for kind, parent in DIRECTORIES.items():
        if names := unit.names(f"{kind}Directory", "Service"):
            made[f"{kind.upper()}_DIRECTORY"] = ":".join(f"{parent}/{name}" for name in names)
    return made


def make_directories(unit: Unit, user: User | None) -> None:
    for kind, parent in DIRECTORIES.items():
        mode = int(unit.one("Service", f"{kind}DirectoryMode", "0755"), 8)
        for name in unit.names(f"{kind}Directory", "Service"):
            path = Path(parent) / name
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(mode)
            if user and kind != "Configuration":
                os.chown(path, user.uid, user.gid)


@dataclass(frozen=True)
class Execution:
    """What all commands of one start share."""

    unit: Unit
    user: User | None
    environment: Mapping[str, str]
    stream: int             # to the journal

    def spawn(self, told: Command, more: Mapping[str, str]) -> tuple[int, bool]:
        """The process, and whether it became the command; if not, it exits with systemd's number for why."""
        variables, (read, write) = {**self.environment, **more}, os.pipe2(os.O_CLOEXEC)
        pid = os.fork()
        if pid:
            os.close(write)
            became = not os.read(read, 1)
            os.close(read)
            return pid, became
        status = EXIT_EXEC
        try:
            status = self._become(told, variables)
        except OSError as error:
            os.write(2, f"{self.unit.name}: {told.argv[0]}: {error.strerror}\n".encode())
        finally:
            os.write(write, b"!")
            os._exit(status)

    def _become(self, told: Command, variables: dict[str, str]) -> int:
        import signal
        for number in (signal.SIGPIPE, signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.setsid()
        try:
            self._streams()
        except OSError as error:
            return _complain(f"standard output: {error}", EXIT_OUTPUT)
        self._limits()
        if self.user and not told.as_root:
            os.initgroups(self.user.name, self.user.gid)
            os.setgid(self.user.gid)
            os.setuid(self.user.uid)
        directory = self._directory()
        try:
            os.chdir(directory.removeprefix("-"))
        except OSError as error:
            if not directory.startswith("-"):
                return _complain(f"{directory}: {error.strerror}", EXIT_CHDIR)
        words = expanded(told, variables)
        os.execvpe(words[0], [told.argv0 or words[0], *words[1:]], variables)  # noqa: S606
        raise AssertionError("exec does not return")

    def _directory(self) -> str:
        told = self.unit.one("Service", "WorkingDirectory", "/")
        return (self.user.home if self.user else "/root") if told == "~" else told

    def _streams(self) -> None:
        null = os.open(os.devnull, os.O_RDWR)
        out = self._opened("StandardOutput", self.stream, null)
        error = self._opened("StandardError", out, null)
        os.dup2(null, 0)
        os.dup2(out, 1)
        os.dup2(error, 2)

    def _opened(self, key: str, default: int, null: int) -> int:
        kind, _, path = self.unit.one("Service", key).partition(":")
        if kind in ("append", "file", "truncate"):
            flags = {"append": os.O_APPEND, "truncate": os.O_TRUNC, "file": 0}[kind]
            return os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o644)
        return {"null": null, "journal": self.stream}.get(kind, default)

    def _limits(self) -> None:
        os.umask(int(self.unit.one("Service", "UMask", "0022"), 8))
        if told := self.unit.one("Service", "LimitNOFILE"):
            _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            wanted = hard if told == "infinity" else min(int(told.partition(":")[0]), hard)     # ours may not be raised
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        if told := self.unit.one("Service", "Nice"):
            os.setpriority(os.PRIO_PROCESS, 0, int(told))
        if told := self.unit.one("Service", "OOMScoreAdjust"):
            with contextlib.suppress(OSError):      # lowering it takes a capability that boxes lack
                Path("/proc/self/oom_score_adj").write_text(told)


def _complain(text: str, status: int) -> int:
    os.write(2, f"{text}\n".encode())
    return status
