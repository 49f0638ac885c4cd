"""Plays one host: a job on stdin gives the commands as the service would, stdout shows the calls the agent makes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from rehearsal.agent.bundle import Bundles
from rehearsal.agent.conversation import Command, converse
from rehearsal.agent.diagnostics import Diagnostics
from rehearsal.agent.download import S3
from rehearsal.agent.executor import Executor
from rehearsal.agent.layout import Layout
from rehearsal.agent.signing import credentials


@dataclass
class Transcript:
    """A service that answers what the job says, and writes down the calls."""

    out: IO[str]
    reply: str = "InProgress"
    failed: bool = False

    def acknowledge(self, command: Command, is_noop: bool) -> str:
        self._line(command, "ack", {"diagnostics": {"IsCommandNoop": is_noop}})
        return self.reply

    def complete(self, command: Command, report: Diagnostics) -> None:
        self.failed |= report.status == "Failed"
        self._line(command, "complete", {"status": report.status, "diagnostics": report.as_json()})

    def _line(self, command: Command, call: str, more: dict[str, Any]) -> None:
        self.out.write(json.dumps({"command": command.name, "call": call, **more}) + "\n")
        self.out.flush()


class BadJobError(Exception):
    """The job is not one; the text says what is missing."""


def drive(source: IO[str], out: IO[str]) -> None:
    job = read_job(source)
    service = Transcript(out)
    executor = _executor(job)
    for number, wanted in enumerate(job["commands"]):
        service.reply = wanted.get("ack") or "InProgress"
        command = Command(f"command-{number}", wanted["command"])
        converse(command, lambda wanted=wanted: wanted.get("spec"), executor, service)  # type: ignore[misc]
        if service.failed and not job.get("keep_going"):
            return


def read_job(source: IO[str]) -> dict[str, Any]:
    try:
        job = json.load(source)
    except ValueError as error:
        raise BadJobError(f"stdin is not a JSON object: {error}") from None
    if not isinstance(job, dict) or not isinstance(job.get("root_dir"), str) or not _commands(job.get("commands")):
        raise BadJobError("the job needs 'root_dir', and 'commands' as a list of {'command', 'spec', 'ack'}")
    return job


def _commands(commands: Any) -> bool:
    if not isinstance(commands, list):
        return False
    rows: Iterable[Any] = commands
    return all(isinstance(row, dict) and isinstance(row.get("command"), str) for row in rows)


def _executor(job: dict[str, Any]) -> Executor:
    s3 = S3(job.get("s3_endpoint"), credentials(os.environ))
    root = Path(job["root_dir"]).absolute()
    return Executor(Layout(root), Bundles(s3), dict(os.environ), job.get("max_revisions") or 5)
