"""Django, set up once for this process; a database of either kind for each test that asks for one."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import django
import pytest

from app.fakes.door import PortalDoor
from app.fakes.figures import Figures
from app.fakes.portals import Portals
from app.fakes.server import addresses, keys
from app.was.database.settings import django_database
from app.was.environment import Environment, SourceKeys
from tests.app import servers

TODAY = date(2022, 12, 20)          # a Tuesday
NOW = datetime(2022, 12, 20, 4, 0, tzinfo=UTC)      # 13:00 in Seoul
NUMBERS = itertools.count(1)


def pytest_configure() -> None:
    """Settings read the environment once; what they read must not stay for other tests to find."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "app.was.project.settings",
                   "COKO_DATABASE_FILE": str(Path(tempfile.mkdtemp(prefix="coko-tests-")) / "unused.sqlite3")}
    django.setup()
    del os.environ["COKO_DATABASE_FILE"]


if not os.environ.get("DJANGO_SETTINGS_MODULE"):
    pytest_configure()


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.MariaDB]:
    with servers.mariadb(tmp_path_factory.mktemp("mariadb")) as server:
        yield server


@pytest.fixture
def mariadb_variables(mariadb: servers.MariaDB) -> dict[str, str]:
    """A new database, badly set up on purpose: the application has to bring its own collation."""
    name = f"coko_{next(NUMBERS)}"
    mariadb.execute(f"CREATE DATABASE {name} CHARACTER SET latin1")
    return mariadb.variables(name)


@pytest.fixture(params=["sqlite", "mariadb"])
def variables(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """What tells a process about this test's database."""
    if request.param == "sqlite":
        return {"COKO_DATABASE_FILE": str(tmp_path / "coko.sqlite3")}
    found: dict[str, str] = request.getfixturevalue("mariadb_variables")
    return found


@pytest.fixture
def database(variables: dict[str, str]) -> Iterator[Any]:
    """Django's default connection, for this test: migrated and empty."""
    yield from connected(variables)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Any]:
    """For what does not depend on the kind of database."""
    yield from connected({"COKO_DATABASE_FILE": str(tmp_path / "coko.sqlite3")})


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory, figures: Figures) -> Path:
    """A database with 120 days of figures, filled once by the collectors; tests take copies."""
    from app.was.collect.run import Collecting

    file = tmp_path_factory.mktemp("filled") / "coko.sqlite3"
    told = Portals(figures, today=lambda: TODAY)
    for _ in connected({"COKO_DATABASE_FILE": str(file)}):
        Collecting(
            door=PortalDoor(told),
            environment=Environment.load({**addresses("http://portals.invalid"), **keys(told)}),
            clock=lambda: NOW,
        ).run(["korea", "seoul", "news"], days=120)
    return file


@pytest.fixture
def filled(filled_file: Path, tmp_path: Path) -> Iterator[Any]:
    shutil.copy(filled_file, tmp_path / "coko.sqlite3")
    yield from connected({"COKO_DATABASE_FILE": str(tmp_path / "coko.sqlite3")}, migrated=True)


def connected(variables: dict[str, str], *, migrated: bool = False) -> Iterator[Any]:
    from django.db import connections
    from django.db.utils import load_backend

    from app.was.migrate import migrate
    from app.was.pages.serve import CACHE

    settings = connections.configure_settings({"default": django_database(Environment.load(variables))})["default"]
    before = connections["default"]
    wrapper = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, "default")
    connections["default"] = wrapper
    try:
        if not migrated:
            migrate()
        CACHE.clear()
        yield wrapper
    finally:
        wrapper.close()
        connections["default"] = before


@pytest.fixture(scope="session")
def figures() -> Figures:
    return Figures()


@pytest.fixture
def portals(figures: Figures) -> Portals:
    return Portals(figures, today=lambda: TODAY)


@pytest.fixture
def environment(portals: Portals) -> Environment:
    return Environment.load({**addresses("http://portals.invalid"), **keys(portals)})


@pytest.fixture
def source_keys() -> SourceKeys:
    return SourceKeys(korea_service_key="k+/=", seoul_key="s", naver_client_id="i", naver_client_secret="n")
