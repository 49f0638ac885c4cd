"""Pulumi's event log, turned into the same steps and progress that the in-process engine tells."""

from __future__ import annotations

import re
import time
from typing import Any

from rehearsal.provider.events import HIDDEN, Change, Operation, Progress, Report, Step, value_at
from rehearsal.provider.values import SECRET, SIGNATURE, UNKNOWN_WIRE

OPERATIONS: dict[str, Operation] = {
    "create": "create", "update": "update", "delete": "delete", "same": "same", "read": "read", "refresh": "refresh",
    "replace": "replace", "delete-replaced": "delete",
}
MARKUP = re.compile(r"<\{%.*?%\}>")
STACK = "pulumi:pulumi:Stack"


class Log:
    """What has been heard so far."""

    def __init__(self, report: Report, *, preview: bool) -> None:
        self.steps: list[Step] = []
        self.errors: list[str] = []
        self.outputs: dict[str, Any] = {}
        self._report, self._preview = report, preview
        self._started: dict[str, float] = {}
        self._expected = 0

    def heard(self, event: dict[str, Any]) -> None:
        if "resourcePreEvent" in event:
            self._began(event["resourcePreEvent"]["metadata"])
        elif "resOutputsEvent" in event:
            self._ended(event["resOutputsEvent"]["metadata"])
        elif "resOpFailedEvent" in event:
            self._tell(_step(event["resOpFailedEvent"]["metadata"]), "failed")
        elif "diagnosticEvent" in event and event["diagnosticEvent"].get("severity") == "error":
            message = MARKUP.sub("", event["diagnosticEvent"]["message"]).strip()
            self.errors += [message] if message and message not in self.errors else []

    def _began(self, metadata: dict[str, Any]) -> None:
        step = _step(metadata)
        if step is None:
            return
        self._expected += 1
        self._tell(step, "started")
        if self._preview:
            self._ended(metadata)

    def _ended(self, metadata: dict[str, Any]) -> None:
        if metadata["type"] == STACK:
            outputs = (metadata.get("new") or {}).get("outputs") or {}
            self.outputs = {name: _open(value) for name, value in outputs.items()}
        step = _step(metadata)
        if step and metadata["op"] == "delete-replaced":      # part of a replacement, which is one step
            self._tell(step, "done")
            return
        if step is None or any((step.operation, step.urn) == (known.operation, known.urn) for known in self.steps):
            return
        if step.operation == "refresh" and not _moved(metadata):
            return
        self.steps.append(step)
        self._tell(step, "done")

    def _tell(self, step: Step | None, phase: Any) -> None:
        if step is None:
            return
        now = time.monotonic()
        start = self._started.setdefault(f"{step.operation} {step.urn}", now)
        done = len(self.steps)
        self._report(Progress(step, phase, done, max(done, self._expected), now - start))


def _step(metadata: dict[str, Any]) -> Step | None:
    """A step that people care about: resources in the cloud, and one step for a replacement, not three."""
    operation = OPERATIONS.get(metadata["op"])
    if operation is None or metadata["type"].startswith("pulumi:") or not _is_custom(metadata):
        return None
    if metadata["op"] == "refresh" and metadata.get("new") is None and metadata.get("old") is not None:
        operation = "delete"
    return Step(operation, metadata["urn"], tuple(_changes(metadata)))


def _is_custom(metadata: dict[str, Any]) -> bool:
    return any((metadata.get(side) or {}).get("custom") for side in ("new", "old"))


def _moved(metadata: dict[str, Any]) -> bool:
    sides = [metadata.get(side) or {} for side in ("old", "new")]
    return any(sides[0].get(part) != sides[1].get(part) for part in ("inputs", "outputs"))


def _changes(metadata: dict[str, Any]) -> list[Change]:
    old, new = ((metadata.get(side) or {}).get("inputs") or {} for side in ("old", "new"))
    found = []
    for path, detail in sorted((metadata.get("detailedDiff") or {}).items()):
        how = detail["diffKind"].removesuffix("-replace")
        found.append(Change(path, how, _open(value_at(old, path)), _open(value_at(new, path)),
                            detail["diffKind"].endswith("-replace")))
    return found


def _open(value: Any) -> Any:
    if isinstance(value, dict) and value.get(SIGNATURE) == SECRET:
        return HIDDEN
    return "(known after the update)" if value == UNKNOWN_WIRE else value
