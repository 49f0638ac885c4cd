"""Runs the scripts that an AppSpec file has for a lifecycle event, of this deployment's revision or of an older one."""

# Paths are texts here: Path would normalize what the rules tell apart.
# ruff: noqa: PTH101, PTH110, PTH116

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import IO

from rehearsal.agent import appspec, script
from rehearsal.agent.appspec import AppSpec, Script
from rehearsal.agent.diagnostics import Code, ScriptLog
from rehearsal.agent.errors import AgentError, ScriptError
from rehearsal.agent.layout import Layout
from rehearsal.agent.ruby import expand_path, join
from rehearsal.agent.spec import DeploymentSpec

OF_LAST_SUCCESSFUL = {"BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop"}
OF_CURRENT = {"BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService"}
OF_CURRENT |= {"BeforeAllowTraffic", "AfterAllowTraffic"}
EVENTS = OF_LAST_SUCCESSFUL | OF_CURRENT
REFERENCE = "http://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html"


def deployment_of(event: str, spec: DeploymentSpec, layout: Layout) -> Path | None:
    """The deployment whose scripts an event runs; an older one only while this one has no archive yet."""
    if layout.archive(spec).exists():
        return layout.deployment(spec)
    if (spec.creator, spec.deployment_type) == ("codeDeployRollback", "BLUE_GREEN"):
        if event in ("BeforeBlockTraffic", "AfterBlockTraffic"):
            return layout.most_recent(spec.group_id)
        if event in ("ApplicationStop", "BeforeAllowTraffic", "AfterAllowTraffic"):
            return layout.last_successful(spec.group_id)
    if event in OF_LAST_SUCCESSFUL:
        return layout.last_successful(spec.group_id)
    return layout.deployment(spec)


class Hook:
    """The scripts of one event, found and read; not yet run."""

    def __init__(self, event: str, spec: DeploymentSpec, layout: Layout) -> None:
        self.event, self.spec, self.layout = event, spec, layout
        self.log = ScriptLog()
        deployment = deployment_of(event, spec, layout)
        self.archive = str(deployment / "deployment-archive") if deployment else ""
        self.scripts: list[Script] = []
        if deployment:
            self.scripts = self._appspec().hooks.get(event, [])

    @property
    def is_noop(self) -> bool:
        return not self.scripts

    def _appspec(self) -> AppSpec:
        path = join(self.archive, self.spec.appspec)
        if not os.path.exists(path):
            raise AgentError(
                "The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at "
                f'revision-relative path "{self.spec.appspec}". The revision was unpacked to directory '
                f'"{self.archive}", and the AppSpec file was expected but not found at path "{path}". Consult the AWS '
                f"CodeDeploy Appspec documentation for more information at {REFERENCE}"
            )
        return appspec.load(Path(path))

    def run(self, environment: Mapping[str, str]) -> None:
        """Run the scripts in their order, up to the first that fails."""
        if self.is_noop:
            return
        file = self.layout.deployment(self.spec) / "logs" / "scripts.log"
        file.parent.mkdir(parents=True, exist_ok=True)
        self.layout.deployments_log.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as scripts_log, self.layout.deployments_log.open("ab") as all_log:
            self.logs = (scripts_log, all_log)
            self._write(f"LifecycleEvent - {self.event}\n".encode())
            for entry in self.scripts:
                self._run_script(entry, self._environment(environment))

    def _environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """All that the agent itself has, and what the deployment gives; a revision without a version unsets one."""
        given = {
            "LIFECYCLE_EVENT": self.event,
            "DEPLOYMENT_ID": self.spec.deployment_id,
            "APPLICATION_NAME": self.spec.application,
            "DEPLOYMENT_GROUP_NAME": self.spec.group_name,
            "DEPLOYMENT_GROUP_ID": self.spec.group_id,
        }
        merged = {**inherited, **given, **self.spec.revision.environment()}
        return {name: value for name, value in merged.items() if value is not None}

    def _run_script(self, entry: Script, environment: Mapping[str, str]) -> None:
        path = join(self.archive, entry.location)
        self._make_ready(entry, path)
        self._write(f"Script - {entry.location}\n".encode())
        outcome = script.run(command_line(entry, path), environment, entry.timeout, self._write)
        where = f"Script at specified location: {entry.location}"
        user = "" if entry.runas is None else f" run as user {entry.runas}"
        if outcome.failure:
            raise self._error(Code.SCRIPT_FAILED, entry, f"{where}{user} failed with error {outcome.failure}")
        if outcome.timed_out:
            raise self._error(Code.SCRIPT_TIMED_OUT, entry, f"{where} failed to complete in {entry.timeout} seconds")
        if outcome.left_open:
            raise self._error(Code.OUTPUTS_LEFT_OPEN, entry, f"{where} failed to close {outcome.left_open}")
        if outcome.exit_code != 0:
            code = "" if outcome.exit_code is None else outcome.exit_code
            raise self._error(Code.SCRIPT_FAILED, entry, f"{where}{user} failed with exit code {code}")

    def _make_ready(self, entry: Script, path: str) -> None:
        if not os.path.exists(path):
            text = f"Script does not exist at specified location: {expand_path(path)}"
            raise self._error(Code.SCRIPT_MISSING, entry, text)
        if not os.access(path, os.X_OK):
            try:
                os.chmod(path, os.stat(path).st_mode & 0o7777 | 0o111)  # noqa: S103
            except OSError:
                text = f"Unable to set script at specified location: {entry.location} as executable"
                raise self._error(Code.SCRIPT_NOT_EXECUTABLE, entry, text) from None

    def _error(self, code: Code, entry: Script, text: str) -> ScriptError:
        return ScriptError(code, entry.location, self.log, text)

    def _write(self, entry: bytes) -> None:
        """Into the event's tail, the deployment's log and the host's log, which is one line an entry."""
        self.log.append(entry.decode("utf-8", "replace"))
        scripts_log, all_log = self.logs
        now = datetime.now()  # local time, as the official agent's logs
        _append(scripts_log, f"{now:%Y-%m-%d %H:%M:%S} ".encode() + entry)
        stamp = f"[{now:%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03d}] [{self.spec.deployment_id}]"
        _append(all_log, stamp.encode() + entry.strip() + b"\n")


def _append(file: IO[bytes], entry: bytes) -> None:
    file.write(entry)
    file.flush()


def command_line(entry: Script, path: str) -> str:
    if entry.runas is not None:
        return f"{'sudo ' if entry.sudo else ''}su {entry.runas} -c {path}"
    return f"sudo {path}" if entry.sudo else path
