"""An AWS on loopback for every test of a script that asks one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scripts.aws import Aws, serving


@pytest.fixture
def aws() -> Iterator[Aws]:
    with serving(Aws()) as served:
        yield served
