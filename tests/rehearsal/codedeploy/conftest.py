"""A fresh laboratory for each test, with boto3 on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path / "codedeploy.db")
    yield made
    made.engine.store.close()


@pytest.fixture
def api(lab: Lab) -> Iterator[Any]:
    with lab.api() as boto:
        yield boto
