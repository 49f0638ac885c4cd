"""AWS as the stages see it: a request is a value, and the door sends it.

Stages decide in pure functions that return `Call`s. `--dry-run` prints the same values that the door would be given.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pipelines.errors import ExitCode, Failure

Answer = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request: service and operation as boto3 names them."""

    service: str
    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> Answer:
        return {"service": self.service, "operation": self.operation, "arguments": dict(self.arguments)}


class Door(Protocol):
    def send(self, call: Call) -> Answer:
        """The answer, or a Refusal that has AWS's own code, or a Failure: AWS is not reachable or not permitted."""

    def pages(self, call: Call, key: str, limit: int | None = None) -> list[Any]:
        """All of `key` over as many pages as there are, or the first `limit`."""

    def upload(self, path: Path, bucket: str, key: str, metadata: Mapping[str, str]) -> None:
        """A file into S3, in parts if it is large, its checksum verified at the other end."""


class Refusal(Failure):
    """AWS understood and said no; `code` is its own word for why."""

    def __init__(self, call: Call, code: str, message: str) -> None:
        super().__init__(f"{call.service} {call.operation} was refused", why=f"{code}: {message}",
                         next="coko status", exit_code=ExitCode.FAILED)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Clock:
    """Time, injected: tests have their own."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
