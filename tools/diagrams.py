"""Writes the pictures of the production stack: `make diagrams`."""

from __future__ import annotations

from pathlib import Path

from infra.architecture import write
from infra.configuration import from_file
from infra.policy.recording import record
from infra.settings import Settings

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    values = from_file((ROOT / "Pulumi.prod.yaml").read_text())
    write(record(Settings.load("prod", values)), ROOT)
