"""What has been applied, whichever door was used: the engine's journal, or the state file of Pulumi's command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.journal import Journal, Record, in_order
from rehearsal.provider.project import Project
from rehearsal.provider.values import SECRET, SIGNATURE, Props


def records(project: Project, state: Path) -> list[Record]:
    """Every resource on record, those that others need first; from the state that was written last."""
    journal = state / "engine" / f"{project.stack}.journal"
    file = state / "pulumi" / "backend" / ".pulumi" / "stacks" / project.name / f"{project.stack}.json"
    written = sorted((path.stat().st_mtime, path) for path in (journal, file) if path.exists())
    if not written:
        raise Failure(
            f"the stack {project.stack!r} has not been applied to the rehearsal", exit_code=ExitCode.BAD_INPUT,
            why=f"neither {journal} nor {file} is there",
            next=f"coko rehearse up; on a real account: pulumi refresh --preview-only --stack {project.stack}")
    found = from_journal(state, project) if written[-1][1] == journal else from_state_file(file)
    return in_order(found)


def from_journal(state: Path, project: Project) -> list[Record]:
    journal = Journal(state / "engine", project.stack, dry=True)
    journal.close()
    return [*journal.live.values()]


def from_state_file(path: Path) -> list[Record]:
    resources = json.loads(path.read_text())["checkpoint"].get("latest", {}).get("resources", [])
    return [_record(resource) for resource in resources if not resource.get("delete")]


def _record(resource: dict[str, Any]) -> Record:
    inputs, outputs = resource.get("inputs") or {}, resource.get("outputs") or {}
    hidden = {name for part in (inputs, outputs) for name, value in part.items() if _is_secret(value)}
    return Record(
        urn=resource["urn"], type=resource["type"], id=resource.get("id", ""), custom=resource["custom"],
        inputs=_open(inputs), outputs=_open(outputs), secrets=sorted(hidden), parent=resource.get("parent", ""),
        provider=resource.get("provider", ""), dependencies=resource.get("dependencies") or [],
        ignore=resource.get("ignoreChanges") or [], protect=resource.get("protect", False))


def _open(properties: Props) -> Props:
    return {name: value for name, value in properties.items() if not _is_secret(value)}


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET
