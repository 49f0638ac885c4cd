"""Installs a revision: removes what the last one installed, plans, then executes while keeping account of it.

The cleanup file is the account: one path a line, in the order of making, read backwards by the next installation.
"""

# Paths are texts here: Path would normalize what the rules tell apart.
# ruff: noqa: PTH112, PTH114

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

from rehearsal.agent import plan
from rehearsal.agent.appspec import AppSpec

SEMANAGE = "semanage\0"


def install(appspec: AppSpec, archive: Path, cleanup_file: Path, install_file: Path, file_exists_behavior: str) -> None:
    """What was there is gone already when the plan turns out impossible, as with the official agent."""
    clean_up(cleanup_file)
    planned = plan.make(appspec, str(archive), file_exists_behavior)
    shown = planned.as_json()
    install_file.write_text(shown, encoding="utf-8")
    with cleanup_file.open("w", encoding="utf-8", errors="surrogateescape") as account:

        def note(line: str) -> None:
            account.write(f"{line}\n")
            account.flush()

        for step in planned.steps:
            step.execute(note)


def clean_up(cleanup_file: Path) -> None:
    try:
        account = cleanup_file.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return
    finished = account.split("\n")[:-1]  # a line without its end was cut off while it was written
    for line in reversed(finished):
        remove(line)
    cleanup_file.unlink()


def remove(line: str) -> None:
    """A file or a link is removed, a directory only if it is empty, and what is missing is no problem."""
    if line.startswith(SEMANAGE):
        command = ["semanage", "fcontext", "-d", line.removeprefix(SEMANAGE)]
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        except FileNotFoundError:
            return
    elif os.path.isdir(line) and not os.path.islink(line):
        try:
            Path(line).rmdir()
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
    elif line:
        Path(line).unlink(missing_ok=True)
