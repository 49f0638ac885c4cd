"""Where the rehearsal keeps everything: one directory, `.rehearsal/`, that `down` can remove whole.

    lock            held by the command that is changing the rehearsal
    processes.json  what runs: pid, when it started, port, log
    applied.json    which stack was applied to which memory of the cloud
    cloud/          the cloud's memory            codedeploy/     the deployment service's
    fleet/          hosts: their image and their disks
    engine/         the in-process engine's       pulumi/         the real CLI's home and backend
    logs/           one file a process            set-aside/      state whose cloud is gone
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import ExitCode, Failure

REPOSITORY = Path(__file__).resolve().parent.parent
ELSEWHERE = "COKO_REHEARSAL_HOME"
MARK = "README"
STAYING = (MARK, "lock", "logs", "processes.json", "set-aside")      # what is not part of any one cloud's life
SAID = "The rehearsal's state. `coko rehearse down` removes this directory.\n"


@dataclass(frozen=True)
class Home:
    root: Path

    @classmethod
    def of(cls, environment: dict[str, str] | os._Environ[str]) -> Home:
        return cls(Path(environment.get(ELSEWHERE) or REPOSITORY / ".rehearsal").resolve())

    @property
    def cloud(self) -> Path:
        return self.root / "cloud"

    @property
    def codedeploy(self) -> Path:
        return self.root / "codedeploy" / "state.sqlite"

    @property
    def fleet(self) -> Path:
        return self.root / "fleet"

    @property
    def pulumi(self) -> Path:
        return self.root / "pulumi"

    @property
    def exists(self) -> bool:
        return (self.root / MARK).exists()

    @property
    def has_stack_state(self) -> bool:
        """Whether an engine has recorded anything here, whichever it was."""
        return any((self.root / name).exists() for name in ("engine", "pulumi"))

    def log(self, name: str) -> Path:
        return self.root / "logs" / f"{name}.log"

    def make(self) -> None:
        if self.root.exists() and not self.exists and {path.name for path in self.root.iterdir()} - {"pulumi"}:
            raise not_ours(self.root)
        try:
            (self.root / "logs").mkdir(parents=True, exist_ok=True, mode=0o700)
            self.root.chmod(0o700)
            (self.root / MARK).write_text(SAID)
        except OSError as error:
            raise Failure(f"the rehearsal cannot keep its state in {self.root}", why=str(error),
                          next=f"make that directory writable, or name another one in {ELSEWHERE}") from error

    def remove(self) -> None:
        """Everything, the lock last: whoever waits for it then finds nothing."""
        if not self.exists:
            shutil.rmtree(self.root / "pulumi", ignore_errors=True)     # what a stray Pulumi logged after `down`
            return
        for path in [p for p in self.root.iterdir() if p.name not in ("lock", MARK)]:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
        shutil.rmtree(self.root)

    def read(self, name: str) -> dict[str, Any]:
        """A file of ours as it was written; empty if there is none, or if it is not what we write."""
        try:
            found = json.loads((self.root / name).read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, name: str, value: dict[str, Any]) -> None:
        path = self.root / name
        new = path.with_suffix(".new")
        new.write_text(json.dumps(value, indent=2) + "\n")
        new.replace(path)

    def set_aside(self, stamp: str, *, with_cloud: bool) -> Path:
        """State that belongs to a cloud that is gone; kept, because it may be wanted for a look."""
        kept = {*STAYING, *(() if with_cloud else ("cloud",))}
        found = [path for path in self.root.iterdir() if path.name not in kept]
        number = len([*(self.root / "set-aside").glob(f"{stamp}*")])     # twice within a second: two directories
        aside = self.root / "set-aside" / (f"{stamp}-{number}" if number else stamp)
        aside.mkdir(parents=True)
        for path in found:
            path.rename(aside / path.name)
        return aside


def not_ours(root: Path) -> Failure:
    return Failure(f"{root} is not a directory of the rehearsal", why="it holds files that the rehearsal did not make",
                   next=f"name an empty directory in {ELSEWHERE}, or none", exit_code=ExitCode.REFUSED)
