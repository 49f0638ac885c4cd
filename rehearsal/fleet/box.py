"""A box: an instance that really runs. Its files lie in one directory; its processes, mounts and network in the VPC."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import Failure
from rehearsal.fleet import ns
from rehearsal.fleet.ami import PARTS, Image
from rehearsal.fleet.vpc import Address, Vpc

INIT = Path(__file__).with_name("boxinit.sh")
# What root of a box may do: what Docker gives, without device nodes. It can neither load firewall rules nor add swap.
CAPABILITIES = ("-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,"
                "+sys_chroot,+audit_write,+setfcap")
SKELETON = ("dev", "proc", "sys", "run", "mnt", "media", "boot", "home", "root", "tmp", *PARTS)
MERGED = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
REBOOT, POWEROFF, KILLED = 75, 0, -9


@dataclass(frozen=True)
class Files:
    """The directory of one box."""

    path: Path

    @property
    def root(self) -> Path:
        return self.path / "root"

    def upper(self, part: str) -> Path:
        """What the instance changed below /etc, /var …"""
        return self.path / "upper" / part

    @property
    def console(self) -> Path:
        return self.path / "console.log"

    @property
    def journal(self) -> Path:
        return self.upper("var") / "log/journal/journal.log"

    def make(self, name: str, address: str, resolver: str) -> None:
        """The first time; a box that was stopped keeps its disk."""
        if self.root.is_dir():
            return
        for part in PARTS:
            self.upper(part).mkdir(parents=True)
            (self.path / "work" / part).mkdir(parents=True)
        for directory in SKELETON:
            (self.root / directory).mkdir(parents=True)
        (self.root / "tmp").chmod(0o1777)
        (self.root / "root").chmod(0o700)
        for link in MERGED:
            if Path(f"/{link}").is_symlink():
                (self.root / link).symlink_to(f"usr/{link}")
        etc = self.upper("etc")
        (etc / "hostname").write_text(f"{name}\n")
        (etc / "hosts").write_text(f"127.0.0.1 localhost\n{address} {name}\n")
        (etc / "resolv.conf").write_text(f"nameserver {resolver}\nsearch ap-northeast-2.compute.internal\n")

    def remove(self) -> None:
        shutil.rmtree(self.path, onerror=_open_up)


def _open_up(remove: object, path: str, error: object) -> None:
    """An overlay's work directory may not be entered by anybody but root."""
    Path(path).chmod(0o700)
    shutil.rmtree(path, ignore_errors=True) if Path(path).is_dir() else Path(path).unlink(missing_ok=True)


@dataclass
class Box:
    id: str
    files: Files
    where: Address
    process: subprocess.Popen[bytes]
    pid: int                # of its PID 1, as this machine counts
    began: int              # tells that process from a later one of the same number
    vpc: str = ""

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def ending(self) -> int | None:
        """How it ended: POWEROFF, REBOOT or KILLED; None while it runs."""
        code = self.process.poll()
        return code if code in (None, POWEROFF, REBOOT) else KILLED

    def argv(self, *argv: str) -> list[str]:
        return inside(self.pid, *argv)

    def run(self, *argv: str, text: str = "", timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.argv(*argv), input=text, capture_output=True, text=True, check=False,
                              timeout=timeout)

    def kill(self) -> None:
        """At once, as when a host loses its power."""
        self._signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self, patience: float = 25.0) -> None:
        """As a shutdown: services end first."""
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def _signal(self, number: int) -> None:
        """To its PID 1, and not to a process that has that number by now."""
        if self.alive and ns.started(self.pid) == self.began:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def memory(self) -> int:
        """Bytes, with what is shared between boxes divided by how many share it."""
        return sum(_proportional(pid) for pid in self.processes())

    def processes(self) -> list[int]:
        namespace = Path(f"/proc/{self.pid}/ns/pid").stat().st_ino
        found = []
        for path in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if path.name.isdigit() and (path / "ns/pid").stat().st_ino == namespace:
                    found.append(int(path.name))
        return found


def _proportional(pid: int) -> int:
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return 0


def inside(pid: int, *argv: str) -> list[str]:
    """A command in a box, as its root, with no more rights than that root has."""
    return ["nsenter", "-t", str(pid), "-m", "-n", "-p", "-u", "-i", "-r", "-w", "--", "setpriv", "--bounding-set",
            CAPABILITIES, "--inh-caps", "-all", "env", "-i", f"PATH={ns.PATH}", "LANG=C.UTF-8", "HOME=/root",
            "USER=root", *argv]


def boot(vpc: Vpc, image: Image, identity: str, directory: Path, where: Address, rules: str = "") -> Box:
    """From files to PID 1. Firewall rules are in place before the first process of the box could speak."""
    name = "ip-" + where.ip.replace(".", "-")
    files = Files(directory)
    files.make(name, where.ip, vpc.resolver)
    with files.console.open("ab") as console:
        process = subprocess.Popen(_command(vpc, image, files, name), stdin=subprocess.PIPE, stdout=console,
                                   stderr=console, start_new_session=True)
    pid = ns.innermost(process, 2)
    try:
        if not pid:
            raise _failure(identity, files)
        vpc.plug(identity, pid, where)
        if rules:
            load_rules(pid, rules)
        assert process.stdin
        process.stdin.write(b"go\n")
        process.stdin.close()
    except (Failure, OSError) as error:
        fell = _has_ended(process)      # then its console says more than whoever could not find it any more
        process.kill()
        process.wait()
        raise _failure(identity, files) if fell or not isinstance(error, Failure) else error from error
    return Box(identity, files, where, process, pid, ns.started(pid), vpc.id)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)
    return process.poll() is not None


def _command(vpc: Vpc, image: Image, files: Files, name: str) -> Sequence[str]:
    return ["nsenter", "-t", str(vpc.pid), "-m", "-n", "-p", "-u", "-i", "--",
            "unshare", "-m", "-n", "-p", "-u", "-i", "--fork", "--kill-child=KILL", "--propagation", "private",
            "sh", str(INIT), str(image.path), str(files.path), name, CAPABILITIES]


def _failure(identity: str, files: Files) -> Failure:
    said = files.console.read_text(errors="replace").strip() if files.console.exists() else ""
    hint = ("keep the rehearsal's state on another file system than overlay: coko rehearse up --state DIR"
            if "overlay" in said else f"read {files.console}")
    return Failure(f"box {identity} did not boot", why=said[-1000:] or "its first process ended", next=hint)


def load_rules(pid: int, rules: str) -> None:
    ns.run(ns.net(pid, "nft", "-f", "-"), rules)


def wait_booted(box: Box, patience: float = 10.0) -> None:
    """Until PID 1 answers systemctl."""
    until = time.monotonic() + patience
    path = Path(f"/proc/{box.pid}/root/run/systemd/boxd.sock")
    while not path.exists():
        if not box.alive or time.monotonic() > until:
            raise _failure(box.id, box.files)
        time.sleep(0.002)
