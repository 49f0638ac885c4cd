"""One real server as the application meets it: TLS, the master user, the parameter group, reboots."""

from __future__ import annotations

import os
import signal
import socket
import ssl
from dataclasses import replace
from typing import Any

import pymysql
import pytest

from rehearsal.database.model import Master, Side
from rehearsal.database.states import Reboot
from rehearsal.processes import start_of
from tests.rehearsal.database import PARAMETERS, Lab, until


def denied(lab: Lab, code: int, **words: object) -> str:
    with pytest.raises(pymysql.err.OperationalError) as refused:
        lab.rows("SELECT 1", **words)
    assert refused.value.args[0] == code
    return str(refused.value.args[1])


def test_the_application_is_served_over_tls_and_nobody_without_it(single: Lab) -> None:
    [(_, cipher)] = single.rows("SHOW STATUS LIKE 'Ssl_cipher'")
    assert cipher
    denied(single, 1045, ssl=None, ssl_disabled=True)           # MariaDB's word for it is "access denied"
    denied(single, 2003, ssl=ssl.create_default_context())      # an authority that we are not
    denied(single, 1045, password="not the secret")
    assert issued_for(single) == {("DNS", "db.rehearsal"), ("IP Address", single.names.records["db.rehearsal"])}


def issued_for(lab: Lab) -> set[tuple[str, str]]:
    """MySQL's greeting, its request for TLS, and then the certificate."""
    context = ssl.create_default_context(cafile=lab.root / "ca" / "ca.pem")
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    with socket.create_connection((lab.names.records["db.rehearsal"], lab.places.port)) as raw:
        raw.recv(4096)
        wants_tls = (0x0A0F | 0x0800 | 0x8000).to_bytes(4, "little")
        raw.sendall(b"\x20\x00\x00\x01" + wants_tls + b"\0\0\0\1\x2d" + bytes(23))
        with context.wrap_socket(raw, server_hostname="db.rehearsal") as secure:
            certificate = secure.getpeercert()
            assert certificate
            found: Any = certificate["subjectAltName"]
            return {(kind, name) for kind, name in found}


def test_the_parameter_group_holds(single: Lab) -> None:
    names = ("character_set_server", "collation_server", "time_zone", "slow_query_log", "long_query_time", "log_output",
             "require_secure_transport")
    [found] = single.rows("SELECT " + ", ".join(f"@@global.{name}" for name in names))
    assert [str(value) for value in found] == ["utf8mb4", "utf8mb4_unicode_ci", "UTC", "1", "0.5", "FILE", "1"]
    assert single.rows("SELECT @@collation_database, CONVERT_TZ('2026-01-01 00:00', 'UTC', 'Asia/Seoul') = "
                       "'2026-01-01 09:00'") == [("utf8mb4_unicode_ci", 1)]
    single.rows("CREATE TABLE words (word VARCHAR(20))")
    single.rows("INSERT INTO words VALUES ('서울 🚇')")
    assert single.rows("SELECT word FROM words") == [("서울 🚇",)]


def test_the_master_user_can_what_rds_lets_it(single: Lab) -> None:
    single.rows("CREATE DATABASE other")
    single.rows("CREATE USER reader IDENTIFIED BY 'a long password'")
    single.rows("GRANT SELECT ON coko.* TO reader")
    with pytest.raises(pymysql.err.OperationalError):
        single.rows("SET GLOBAL read_only = 0")
    assert not single.rows("SELECT user FROM mysql.user WHERE user = ''")


def test_it_says_what_it_is(single: Lab) -> None:
    until(lambda: single.names.records)
    standing = single.pair.standing()
    assert standing.engine.startswith("MariaDB 10.")
    assert "mysql 8.4.6 is rehearsed by MariaDB" in standing.remarks[0]
    assert (standing.status, standing.zone, standing.other_zone) == ("available", "zone-a", None)


def test_a_rotated_password_and_new_parameters_hold_at_once(single: Lab) -> None:
    single.rows("SELECT 1")
    changed = {"long_query_time": "2", "back_log": "77", "require_secure_transport": "0"}
    rotated = replace(single.instance, master=Master("coko_admin", "another password"),
                      parameters={**PARAMETERS, **changed})
    single.ask(lambda: single.pair.become(rotated))
    until(lambda: single.pair.waiting)
    denied(single, 1045)
    single.instance = rotated
    assert single.rows("SELECT @@global.long_query_time", ssl=None, ssl_disabled=True) == [(2.0,)]
    assert "parameter back_log waits for a reboot" in single.pair.standing().remarks
    before = single.pids[Side.A]
    single.ask(lambda: single.pair.tell(Reboot(failover=False)))
    until(lambda: single.pids[Side.A] not in (None, before) and single.pair.state.status == "available")
    assert single.rows("SELECT @@back_log") == [(77,)]


def test_a_killed_server_comes_back_with_its_rows_and_down_leaves_nothing(single: Lab) -> None:
    single.rows("CREATE TABLE kept (id INT PRIMARY KEY)")
    before = single.pids[Side.A]
    assert before
    os.kill(before, signal.SIGKILL)
    until(lambda: single.pids[Side.A] not in (None, before) and single.pair.state.status == "available")
    assert single.rows("SELECT COUNT(*) FROM kept") == [(0,)]
    now = single.pids[Side.A]
    assert now
    single.down()
    assert start_of(now) is None
    assert not single.pair.root.exists()
    assert single.names.records == {}
