"""A lab and hosts for a test; all of them end with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rehearsal.balancer.hosts import Host
from tests.rehearsal.balancer.lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path / "balancer")
    yield made
    made.close()


@pytest.fixture
def host() -> Iterator[Callable[[str], Host]]:
    made: list[Host] = []

    def start(name: str) -> Host:
        made.append(Host(name))
        return made[-1]
    yield start
    for one in made:
        one.stop()
