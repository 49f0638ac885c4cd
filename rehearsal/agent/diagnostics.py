"""What is reported of a command: a code, the script's name, a message, and the end of the script's log."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any

LOG_CHARACTERS = 2048


class Code(IntEnum):
    SUCCEEDED = 0
    SCRIPT_MISSING = 1
    SCRIPT_NOT_EXECUTABLE = 2
    SCRIPT_TIMED_OUT = 3
    SCRIPT_FAILED = 4
    UNKNOWN_ERROR = 5
    OUTPUTS_LEFT_OPEN = 6
    FAILED_AFTER_RESTART = 7


@dataclass
class ScriptLog:
    """The last entries that are shorter than 2048 characters together; one too long drops all before it."""

    entries: list[str] = field(default_factory=list)

    def append(self, entry: str) -> None:
        self.entries.append(entry)
        room, first = LOG_CHARACTERS, len(self.entries)
        while first > 0 and room - len(self.entries[first - 1]) > 0:
            first -= 1
            room -= len(self.entries[first])
        del self.entries[:first]

    def text(self) -> str:
        return "".join(self.entries)


@dataclass(frozen=True)
class Diagnostics:
    error_code: Code
    script_name: str
    message: str
    log: str

    @property
    def status(self) -> str:
        return "Succeeded" if self.error_code is Code.SUCCEEDED else "Failed"

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"error_code": int(self.error_code)}


def succeeded(note: str = "") -> Diagnostics:
    return Diagnostics(Code.SUCCEEDED, "", f"Succeeded: {note}", "")


def failed(message: str) -> Diagnostics:
    return Diagnostics(Code.UNKNOWN_ERROR, "", message, "")


def failed_after_restart() -> Diagnostics:
    text = "Failed: Failing in-progress lifecycle event after an agent restart."
    return Diagnostics(Code.FAILED_AFTER_RESTART, "", text, "")
