"""Executes the commands: the hooks' events, DownloadBundle and Install."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.agent import appspec, installer
from rehearsal.agent.appspec import AppSpec
from rehearsal.agent.bundle import Bundles
from rehearsal.agent.errors import AgentError
from rehearsal.agent.hooks import EVENTS, Hook
from rehearsal.agent.layout import Layout
from rehearsal.agent.ruby import inspect
from rehearsal.agent.spec import DEFAULT_APPSPEC, DeploymentSpec

DOWNLOAD, INSTALL = "DownloadBundle", "Install"
HOOKED = ["BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop", "BeforeInstall", "AfterInstall"]
HOOKED += ["ApplicationStart", "BeforeAllowTraffic", "AfterAllowTraffic", "ValidateService"]
assert set(HOOKED) == EVENTS


@dataclass(frozen=True)
class Executor:
    layout: Layout
    bundles: Bundles
    environment: Mapping[str, str]
    max_revisions: int = 5

    def is_noop(self, command: str, spec: DeploymentSpec) -> bool:
        """Whether there is nothing to run; it reads the AppSpec file, so this is where a bad one shows first."""
        if command in (DOWNLOAD, INSTALL):
            return False
        return command not in EVENTS or Hook(command, spec, self.layout).is_noop

    def execute(self, command: str, spec: DeploymentSpec) -> None:
        if command not in EVENTS and command not in (DOWNLOAD, INSTALL):
            raise AgentError(f"Unsupported command type: {command}.")
        self.layout.deployment(spec).mkdir(parents=True, exist_ok=True)
        if command == DOWNLOAD:
            self._download(spec)
        elif command == INSTALL:
            self._install(spec)
        else:
            Hook(command, spec, self.layout).run(self.environment)

    def _download(self, spec: DeploymentSpec) -> None:
        self.layout.forget_old(spec, self.max_revisions)
        self.bundles.bring(spec.revision, self.layout.bundle(spec), self.layout.archive(spec))
        self.layout.mark_most_recent(spec)

    def _install(self, spec: DeploymentSpec) -> None:
        """An installed revision counts as the last successful one, whatever its later events do."""
        self.layout.instructions.mkdir(parents=True, exist_ok=True)
        path = appspec_path(self.layout.archive(spec), spec.appspec)
        checked = check_events(appspec.load(path), path.name, spec.events)
        cleanup_file, install_file = self.layout.cleanup_file(spec.group_id), self.layout.install_file(spec.group_id)
        installer.install(checked, self.layout.archive(spec), cleanup_file, install_file, spec.file_exists_behavior)
        self.layout.mark_last_successful(spec)


def appspec_path(archive: Path, wanted: str) -> Path:
    """Install, and only Install, takes another name if the wanted one is not there."""
    for name in (wanted, "appspec.yaml"):
        if (archive / name).exists():
            return archive / name
    return archive / DEFAULT_APPSPEC


def check_events(found: AppSpec, filename: str, possible: list[str] | None) -> AppSpec:
    """Where the service says which events there are, the file may not have others."""
    if possible is None:
        return found
    present = [*dict.fromkeys([*found.hooks, *HOOKED])]
    unknown = [event for event in present if event not in possible]
    if unknown:
        raise AgentError(f"{filename} file contains unknown lifecycle events: {inspect(unknown)}")
    custom = [event for event in possible if event not in (*present, DOWNLOAD, INSTALL)]
    if custom:
        raise AgentError(
            "You specified a lifecycle event which is not a default one and doesn't exist in your "
            f"{filename} file: {','.join(custom)}"
        )
    return found
