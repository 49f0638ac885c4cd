"""The steps of an installation: each can be shown in install.json, and knows how to do itself and what to clean up."""

# Paths are texts here: Path would normalize what the rules tell apart.
# ruff: noqa: PTH101, PTH110, PTH112, PTH114, PTH115, PTH116

from __future__ import annotations

import grp
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rehearsal.agent.acl import Acl
from rehearsal.agent.errors import AgentError
from rehearsal.agent.ruby import basename
from rehearsal.agent.selinux import UPDATE, Context

Note = Callable[[str], None]  # appends a line to the cleanup file


class Step(Protocol):
    def shown(self) -> dict[str, Any]: ...

    def execute(self, note: Note) -> None: ...


@dataclass(frozen=True)
class Copy:
    source: str
    destination: str

    def shown(self) -> dict[str, Any]:
        return {"type": "copy", "source": self.source, "destination": self.destination}

    def execute(self, note: Note) -> None:
        """Noted before it is done, so that half a copy is cleaned up too."""
        note(self.destination)
        if os.path.islink(self.source):
            Path(self.destination).symlink_to(os.readlink(self.source))
        else:
            _copy_file(self.source, self.destination)


@dataclass(frozen=True)
class MakeDirectory:
    directory: str

    def shown(self) -> dict[str, Any]:
        return {"type": "mkdir", "directory": self.directory}

    def execute(self, note: Note) -> None:
        Path(self.directory).mkdir()
        note(self.directory)


@dataclass(frozen=True)
class ChangeMode:
    file: str
    mode: str
    installed: Set[str]

    def shown(self) -> dict[str, Any]:
        return {"type": "chmod", "mode": self.mode, "file": self.file}

    def execute(self, note: Note) -> None:
        Path(_own(self.file, self.installed)).chmod(int(self.mode, 8))


@dataclass(frozen=True)
class ChangeOwner:
    file: str
    owner: object
    group: object
    installed: Set[str]

    def shown(self) -> dict[str, Any]:
        return {"type": "chown", "owner": self.owner, "group": self.group, "file": self.file}

    def execute(self, note: Note) -> None:
        uid = -1 if self.owner is None else _user(self.owner)
        gid = -1 if self.group is None else _group(self.group)
        os.chown(_own(self.file, self.installed), uid, gid)


@dataclass(frozen=True)
class ChangeAcl:
    file: str
    acl: Acl
    installed: Set[str]

    def shown(self) -> dict[str, Any]:
        return {"type": "setfacl", "acl": self.acl.texts(), "file": self.file}

    def execute(self, note: Note) -> None:
        file = _own(self.file, self.installed)
        entries = ",".join(self.acl.complete(stat.S_IMODE(os.stat(file).st_mode)))
        command = ["setfacl", "--set", entries, file]
        if failure := _run(command):
            raise AgentError(
                "The deployment failed because of a problem with the acls permission settings in the application "
                f"specification file for this object: {self.file}. Failed command: {' '.join(command)}. "
                f"Exit code: {failure}"
            )


@dataclass(frozen=True)
class ChangeContext:
    file: str
    context: Context
    installed: Set[str]

    def shown(self) -> dict[str, Any]:
        if self.context.range is None:
            raise AgentError(f"the context for {self.file} has no range, and the agent needs one. {UPDATE}")
        shown = {"user": self.context.user, "role": None, "type": self.context.type, "range": self.context.range}
        return {"type": "semanage", "context": shown, "file": self.file}

    def execute(self, note: Note) -> None:
        file = os.path.realpath(_own(self.file, self.installed))
        for command in (["semanage", "fcontext", "-a", *self.context.arguments(), file], ["restorecon", "-v", file]):
            if failure := _run(command):
                raise AgentError(
                    "The deployment failed because the application specification file contains an error in the "
                    f"settings for the context parameter. {UPDATE} Failed command: {' '.join(command)}. "
                    f"Exit code: {failure}"
                )
        note(f"semanage\0{file}")


def _copy_file(source: str, destination: str) -> None:
    """Contents, then time, owner and mode, through a link at the destination, as `cp -p` does."""
    if os.path.isdir(destination):
        destination = f"{destination.rstrip('/')}/{basename(source)}"
    found = os.stat(source)
    if not stat.S_ISREG(found.st_mode):
        raise AgentError(f"{source} is a device, FIFO or socket, and cannot be installed. Remove it, and deploy again.")
    mode = stat.S_IMODE(found.st_mode)
    shutil.copyfile(source, destination)
    os.utime(destination, ns=(found.st_atime_ns, found.st_mtime_ns))
    try:
        os.chown(destination, found.st_uid, found.st_gid)
    except PermissionError:
        mode &= 0o1777  # not ours to give away, so no setuid either
    os.chmod(destination, mode)


def _own(file: str, installed: Set[str]) -> str:
    """A link is followed to what this deployment installed, or to nothing: not to the host's own files."""
    real = os.path.realpath(file)
    if os.path.islink(file) and os.path.exists(file) and real not in installed:
        raise AgentError(
            f"The permissions section would change {real}, which this deployment did not install, through the link "
            f"{file}. Exclude the link with 'except', and deploy again."
        )
    return file


def _user(name: object) -> int:
    try:
        return pwd.getpwnam(name).pw_uid  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError):
        raise AgentError(f"can't find user for {name}") from None


def _group(name: object) -> int:
    try:
        return grp.getgrnam(name).gr_gid  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError):
        raise AgentError(f"can't find group for {name}") from None


def _run(command: list[str]) -> str:
    """What went wrong, or nothing."""
    try:
        process = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    if process.returncode == 0:
        return ""
    return f"{process.returncode} ({process.stderr.decode('utf-8', 'replace').strip()[-300:]})"
