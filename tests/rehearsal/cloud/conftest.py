"""One cloud for all tests of a worker; each test makes its own network and names in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rehearsal.cloud import Clients, Cloud, Network


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    made = Cloud(tmp_path_factory.mktemp("cloud"))
    yield made
    assert "Traceback" not in made.stop()


@pytest.fixture(scope="session")
def aws(cloud: Cloud) -> Clients:
    return cloud.aws


@pytest.fixture
def network(aws: Clients) -> Network:
    return Network(aws)
