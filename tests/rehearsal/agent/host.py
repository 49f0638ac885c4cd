"""A host in a directory: builds revisions, has the agent deploy them, and reads back what it said and left."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.agent.bundle import Bundles
from rehearsal.agent.conversation import Command, converse
from rehearsal.agent.diagnostics import Diagnostics
from rehearsal.agent.download import S3
from rehearsal.agent.executor import Executor
from rehearsal.agent.layout import Layout

HEAD = "version: 0.0\nos: linux\n"
BEFORE = ["ApplicationStop", "DownloadBundle", "BeforeInstall", "Install"]
EVENTS = [*BEFORE, "AfterInstall", "ApplicationStart", "ValidateService"]
BLOCK, ALLOW = ["BeforeBlockTraffic", "AfterBlockTraffic"], ["BeforeAllowTraffic", "AfterAllowTraffic"]
ALL_EVENTS = [*BLOCK, *EVENTS, *ALLOW]


@dataclass
class Recorder:
    """The service's side: one answer to every acknowledgement, and what it was told."""

    reply: str = "InProgress"
    acks: list[tuple[str, bool]] = field(default_factory=list)
    reports: list[tuple[str, Diagnostics]] = field(default_factory=list)

    def acknowledge(self, command: Command, is_noop: bool) -> str:
        self.acks.append((command.name, is_noop))
        return self.reply

    def complete(self, command: Command, report: Diagnostics) -> None:
        self.reports.append((command.name, report))


@dataclass
class Host:
    path: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    max_revisions: int = 5

    @property
    def root(self) -> Path:
        return self.path / "agent"

    @property
    def dest(self) -> Path:
        return self.path / "dest"

    @property
    def executor(self) -> Executor:
        return Executor(Layout(self.root), Bundles(S3(None)), self.environment, self.max_revisions)

    def write(self, name: str, content: str | Path) -> Path:
        """A text file, executable if it ends in .sh, or a link to a path."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            path.symlink_to(content)
        else:
            path.write_text(content.replace("@dest", str(self.dest)).replace("@here", str(self.path)))
            path.chmod(0o755 if path.suffix == ".sh" else 0o644)
        return path

    def revision(self, contents: Mapping[str, str | Path], name: str = "bundle") -> Path:
        for path, content in contents.items():
            self.write(f"{name}/{path}", content)
        return self.path / name

    def deploy(self, spec: dict[str, Any], events: list[str] = EVENTS, reply: str = "InProgress") -> Recorder:
        """The commands in their order, up to the first that fails."""
        said = Recorder(reply)
        for event in events:
            converse(Command(f"id-{event}", event), lambda: spec, self.executor, said)
            if said.reports and said.reports[-1][1].status == "Failed":
                break
        return said

    def install(self, contents: Mapping[str, str | Path], deployment: str = "d-1", **fields: Any) -> str:
        """Deploy a revision; the failure's message, or nothing."""
        bundle = self.revision(contents, f"bundle-{deployment}")
        return failure(self.deploy(spec_of(bundle, deployment, **fields)))

    def scripts_log(self, deployment: str = "d-1") -> list[str]:
        file = self.root / "dg-1" / deployment / "logs" / "scripts.log"
        return [line[20:] for line in file.read_text().splitlines()] if file.exists() else []

    def said(self, deployment: str = "d-1") -> list[str]:
        return [line.removeprefix("[stdout]") for line in self.scripts_log(deployment) if line.startswith("[stdout]")]

    def cleanup(self) -> list[str]:
        file = self.root / "deployment-instructions" / "dg-1-cleanup"
        return [str(Path(line).relative_to(self.path)) for line in file.read_text().splitlines()]

    def tree(self, name: str = "dest") -> dict[str, str]:
        """Everything below a directory, with its mode or what it links to."""
        base = self.path / name
        return {str(path.relative_to(base)): _look(path) for path in sorted(base.rglob("*"))}


def _look(path: Path) -> str:
    return f"-> {path.readlink()}" if path.is_symlink() else f"{path.stat().st_mode & 0o7777:04o}"


def failure(said: Recorder) -> str:
    return next((report.message for _, report in said.reports if report.status == "Failed"), "")


def failed_at(said: Recorder) -> str:
    return next((event for event, report in said.reports if report.status == "Failed"), "")


def spec_of(bundle: Path, deployment: str = "d-1", behavior: str | None = None, **fields: Any) -> dict[str, Any]:
    """The specification of a deployment of a directory or an archive."""
    kind = "directory" if bundle.is_dir() else bundle.suffix.removeprefix(".")
    revision_type = "Local Directory" if bundle.is_dir() else "Local File"
    overrides = {"AgentActionOverrides": {"AgentOverrides": {"FileExistsBehavior": behavior}}} if behavior else {}
    return (
        {
            "DeploymentId": deployment,
            "DeploymentGroupId": "dg-1",
            "DeploymentGroupName": "web",
            "ApplicationName": "coko",
            "Revision": {"RevisionType": revision_type, "LocalRevision": {"Location": str(bundle), "BundleType": kind}},
        }
        | overrides
        | fields
    )


def files(*pairs: tuple[str, str]) -> str:
    return "files:\n" + "".join(f"  - source: {source}\n    destination: {to}\n" for source, to in pairs)


def hook(event: str, *locations: str, **keys: object) -> str:
    more = "".join(f"      {key}: {value}\n" for key, value in keys.items())
    return f"  {event}:\n" + "".join(f"    - location: {location}\n{more}" for location in locations)


def hooks(events: list[str] | str, *locations: str, **keys: object) -> str:
    names = [events] if isinstance(events, str) else events
    return "hooks:\n" + "".join(hook(event, *locations, **keys) for event in names)


def bash(script: str) -> str:
    return f"#!/bin/bash\n{script}\n"
