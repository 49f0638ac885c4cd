"""What only a server can show: collation, locks between hosts, one migration for many, rotation, indices in use."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pymysql
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.fakes.door import PortalDoor
from app.fakes.portals import Portals
from app.fakes.server import addresses, keys, served
from app.was.collect.run import Collecting
from app.was.database import locks
from app.was.database.state import Readiness
from app.was.environment import Environment, Secrets
from app.was.figures import reading
from tests.app import servers
from tests.app.conftest import NOW, connected

ARN = "arn:aws:secretsmanager:ap-northeast-2:1:secret:db"


@pytest.fixture
def on_mariadb(mariadb_variables: dict[str, str]) -> Any:
    yield from connected(mariadb_variables)


def test_every_table_and_column_has_the_one_collation(on_mariadb: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, table_collation FROM information_schema.tables WHERE table_schema = DATABASE()"
        )
        tables = dict(cursor.fetchall())
        cursor.execute("SELECT DISTINCT collation_name FROM information_schema.columns WHERE table_schema = DATABASE() "
                       "AND collation_name IS NOT NULL")
        columns = {name for (name,) in cursor.fetchall()}
    assert len(tables) == 5
    assert set(tables.values()) == columns == {"utf8mb4_unicode_520_ci"}


def test_migrations_run_once_for_many_hosts(mariadb_variables: dict[str, str]) -> None:
    command = [sys.executable, "-m", "app.was.migrate"]
    hosts = [subprocess.Popen(command, cwd=servers.ROOT, env=servers.told(mariadb_variables), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) for _ in range(3)]
    told = [host.communicate(timeout=60) for host in hosts]
    assert [host.returncode for host in hosts] == [0, 0, 0], told
    assert sorted(out for out, _ in told)[1:] == ["applied: nothing\n"] * 2
    assert sum("figures.0001" in out for out, _ in told) == 1


def test_only_one_host_collects_at_a_time(on_mariadb: Any, mariadb_variables: dict[str, str], portals: Portals) -> None:
    with served(portals) as base:
        told = {**mariadb_variables, **addresses(base), **keys(portals)}
        with locks.held("collect"):
            refused = servers.run("app.was.collect", "news", variables=told)
            quiet = servers.run("app.was.collect", "all", "--if-due", variables=told)
        done = servers.run("app.was.collect", "all", "--if-due", variables=told)
    assert (refused.returncode, quiet.returncode, done.returncode) == (3, 0, 0), done.stderr
    assert "another instance" in refused.stderr
    assert portals.asked.count("news") == 1
    for secret in portals.keys.values():
        assert secret not in refused.stderr + done.stdout + done.stderr


def test_a_lock_that_was_lost_stops_the_run(on_mariadb: Any, mariadb: servers.MariaDB) -> None:
    with locks.held("collect") as lock:
        lock.check()
        with connection.cursor() as cursor:
            cursor.execute("SELECT CONNECTION_ID()")
            mariadb.execute(f"KILL {cursor.fetchone()[0]}")
        connection.close()
        with pytest.raises(locks.Taken):        # a new connection works, but does not hold the lock
            lock.check()


def test_a_rotated_password_is_read_again(mariadb: servers.MariaDB, mariadb_variables: dict[str, str]) -> None:
    """The first secret is refused by the server, the second is not: no restart, no failed request."""
    answers = [json.dumps({"username": "coko", "password": word}) for word in ("before the rotation", servers.PASSWORD)]
    environment = Environment.load({**mariadb_variables, "COKO_DATABASE_SECRET_ARN": ARN},
                                   Secrets(lambda _: answers.pop(0), iter(range(0, 1000, 10)).__next__))
    from app.was.database.base import DatabaseWrapper
    from app.was.database.settings import django_database

    settings = connection.settings_dict | django_database(environment)
    wrapper = DatabaseWrapper(settings, "rotated")
    wrapper.ensure_connection()
    assert wrapper.is_usable()
    wrapper.close()
    assert answers == []


@pytest.mark.parametrize(("mode", "encrypted"), [("off", False), ("prefer", True), ("require", True), ("verify", True)])
def test_tls_is_what_the_setting_says(mariadb: servers.MariaDB, mariadb_variables: dict[str, str], mode: str,
                                      encrypted: bool) -> None:
    authority = {"COKO_DATABASE_TLS": mode, "COKO_DATABASE_TLS_CA": str(mariadb.directory / "cert.pem")}
    for wrapper in connected({**mariadb_variables, **authority}):
        with wrapper.cursor() as cursor:
            cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
            assert bool(cursor.fetchone()[1]) == encrypted


def test_a_server_of_another_authority_is_refused(mariadb_variables: dict[str, str], tmp_path: Path) -> None:
    stranger = {"COKO_DATABASE_TLS": "verify", "COKO_DATABASE_TLS_CA": str(servers.certified(tmp_path))}
    told = servers.run("app.was.migrate", "--wait", "0", variables={**mariadb_variables, **stranger})
    assert told.returncode == 1
    assert "certificate verify failed" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_password_that_stays_wrong_is_the_servers_error(mariadb_variables: dict[str, str]) -> None:
    told = servers.run(
        "app.was.migrate", "--wait", "0", variables={**mariadb_variables, "COKO_DATABASE_PASSWORD": "wrong"}
    )
    assert told.returncode == 1
    assert "next: " in told.stderr
    assert "Traceback" not in told.stderr


def test_readiness_follows_the_database(on_mariadb: Any, mariadb_variables: dict[str, str]) -> None:
    readiness = Readiness()
    assert readiness.complaint() == ""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations ORDER BY id DESC LIMIT 1")
    assert readiness.complaint() == ""              # remembered: migrations do not go away
    assert "migrations are missing: figures." in Readiness().complaint()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {mariadb_variables['COKO_DATABASE_NAME']}")
    connection.close()
    assert "database does not answer" in readiness.complaint()


def test_every_query_of_the_pages_uses_an_index(on_mariadb: Any, portals: Portals, environment: Environment) -> None:
    Collecting(door=PortalDoor(portals), environment=environment, clock=lambda: NOW).run(
        ["korea", "seoul", "news"], days=400
    )
    day = date(2022, 12, 19)
    with CaptureQueriesContext(connection) as captured:
        reading.province_span(), reading.district_span(), reading.provinces(day), reading.districts(day)
        reading.series("total", date(2022, 9, 1), day), reading.news(50), reading.refreshed(), reading.generation()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE figures_provinceday, figures_districtday")
        for query in captured.captured_queries:
            cursor.execute("EXPLAIN FORMAT=JSON " + query["sql"])
            plan = json.loads(cursor.fetchone()[0])
            scanned = [
                table for table in _tables(plan) if table.get("access_type") == "ALL" and table.get("rows", 0) > 50
            ]
            assert scanned == [], query["sql"]


def _tables(plan: Any) -> list[dict[str, Any]]:
    if isinstance(plan, list):
        return [table for one in plan for table in _tables(one)]
    if not isinstance(plan, dict):
        return []
    return ([plan["table"]] if "table" in plan else []) + [table for one in plan.values() for table in _tables(one)]


def test_the_driver_is_pure_python() -> None:
    assert pymysql.__file__.endswith(".py")
