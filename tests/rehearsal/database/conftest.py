"""One template for all tests of all workers: it takes seconds to make, and a tenth of one to copy."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.database.template import ensure
from tests.rehearsal.database import INSTANCE, Lab, lab


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.getbasetemp()
    shared = (directory.parent if directory.name.startswith("popen-") else directory) / "database-template"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ensure(shared)
    return shared


@pytest.fixture
def single(tmp_path: Path, state: Path) -> Iterator[Lab]:
    with lab(tmp_path, state) as made:
        yield made


@pytest.fixture
def pair(tmp_path: Path, state: Path) -> Iterator[Lab]:
    with lab(tmp_path, state, replace(INSTANCE, multi_az=True)) as made:
        made.await_standby()
        yield made
