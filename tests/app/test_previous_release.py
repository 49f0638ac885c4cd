"""N−1 on N: while a deployment runs, and after a rollback, the previous code serves and collects on this
release's schema.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app.fakes.portals import Portals
from app.fakes.server import addresses, keys, served
from app.was.collect.schedule import SEOUL
from tests.app import servers
from tests.app.previous import unpack

PAGES = ("/", "/en", "/provinces/busan", "/seoul", "/news", "/?range=all", "/api/overview", "/readyz")


@contextmanager
def prepared(variables: dict[str, str], portals: Portals) -> Iterator[dict[str, str]]:
    """A database with this release's schema, and the portals."""
    portals.today = lambda: datetime.now(UTC).astimezone(SEOUL).date()      # processes have the real clock
    with served(portals) as base:
        told = {**variables, **addresses(base), **keys(portals)}
        migrated = servers.run("app.was.migrate", variables=told)
        assert migrated.returncode == 0, migrated.stderr
        yield told


def hosts(mariadb: servers.MariaDB, name: str) -> dict[bool, int]:
    """How many runs are logged with a host (by this release) and without (by the previous one, which does not
    know it).
    """
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT host <> '', COUNT(*) FROM {name}.figures_refresh GROUP BY 1")
        return {bool(known): count for known, count in cursor.fetchall()}


def statuses(port: int) -> dict[str, int]:
    return {path: urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20).status for path in PAGES}


def test_the_previous_release_runs_on_this_schema(
    mariadb: servers.MariaDB, mariadb_variables: dict[str, str], portals: Portals, tmp_path: Path
) -> None:
    previous = unpack(tmp_path / "previous")
    assert not list((previous / "app/was/figures/migrations").glob("0002*")), (
        "the archive is to be one migration behind"
    )
    with prepared(mariadb_variables, portals) as told:
        collected = servers.run("app.was.collect", "all", variables=told)
        assert collected.returncode == 0, collected.stdout + collected.stderr
        migrated = servers.run("app.was.migrate", variables=told, cwd=previous)
        assert (migrated.returncode, migrated.stdout) == (0, "applied: nothing\n"), migrated.stderr
        collected = servers.run("app.was.collect", "all", variables=told, cwd=previous)
        assert collected.returncode == 0, collected.stdout + collected.stderr
        assert hosts(mariadb, told["COKO_DATABASE_NAME"]) == {True: 3, False: 3}, "each release has logged three runs"
        with servers.gunicorn(told, tmp_path, cwd=previous) as port:
            assert statuses(port) == dict.fromkeys(PAGES, 200)
            ready = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10))
            assert ready["ready"] is True


def test_it_would_be_noticed_if_it_did_not(
    mariadb: servers.MariaDB, mariadb_variables: dict[str, str], portals: Portals, tmp_path: Path
) -> None:
    """The same test on a schema with a column that old INSERTs do not know: the previous release cannot collect."""
    previous = unpack(tmp_path / "previous")
    with prepared(mariadb_variables, portals) as told:
        table = f"{mariadb_variables['COKO_DATABASE_NAME']}.figures_refresh"
        mariadb.execute(f"ALTER TABLE {table} ALTER COLUMN host DROP DEFAULT")
        collected = servers.run("app.was.collect", "news", variables=told, cwd=previous)
        assert collected.returncode == 1
        assert "host" in collected.stderr


def test_the_archive_is_code_and_nothing_else(tmp_path: Path) -> None:
    kinds = {path.suffix for path in unpack(tmp_path).rglob("*") if path.is_file()}
    assert kinds <= {".py", ".html", ".css", ".js", ".svg", ".service", ".timer"}
