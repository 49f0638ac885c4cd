"""The program, asked as data: each stack is recorded once per test run."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from infra.configuration import from_file
from infra.policy.recording import Recording, record
from infra.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
STACKS = ("dev", "prod", "rehearsal")


def values(stack: str) -> dict[str, Any]:
    return from_file((ROOT / f"Pulumi.{stack}.yaml").read_text())


@cache
def recorded(stack: str) -> Recording:
    return record(Settings.load(stack, values(stack)))


def recorded_with(stack: str, **changes: Any) -> Recording:
    """The stack's own values with some sections changed."""
    return record(Settings.load(stack, {**values(stack), **changes}))
