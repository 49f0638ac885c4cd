"""A MySQL parameter group on MariaDB: what is applied, and what is said."""

from __future__ import annotations

import pytest

from rehearsal.database.parameters import Applied, apply, number
from rehearsal.database.template import variables
from tests.rehearsal.database import PARAMETERS


def test_the_programs_own_parameters_are_all_applied() -> None:
    applied = apply(PARAMETERS, variables())
    renamed = {"default_time_zone" if name == "time_zone" else name: value for name, value in PARAMETERS.items()}
    assert applied == Applied(renamed, ())


@pytest.mark.parametrize(("name", "value", "said"), [
    ("binlog_expire_logs_auto_purge", "1", "MariaDB has no such setting"),
    ("mysqlx_port", "33060", "MariaDB has no such setting"),
    ("max_connections", "{DBInstanceClassMemory/12582880}", "formula"),
    ("innodb_buffer_pool_size", "1073741824", "memory"),
    ("server_id", "7", "the rehearsal decides it"),
    ("rpl_semi_sync_master_timeout", "1", "the rehearsal decides it"),
    ("init_connect", "SET @a = 1\nskip_grant_tables", "more than one line"),
])
def test_what_cannot_be_applied_is_said_and_why(name: str, value: str, said: str) -> None:
    applied = apply({name: value}, variables())
    [remark] = applied.remarks
    assert applied.options == {}
    assert remark.startswith(f"parameter {name} = {value} is not applied")
    assert said in remark


def test_a_collation_of_mysql_8_becomes_the_nearest() -> None:
    applied = apply({"collation_server": "utf8mb4_0900_ai_ci"}, variables())
    assert applied.options == {"collation_server": "utf8mb4_unicode_520_ci"}
    assert "applied as utf8mb4_unicode_520_ci" in applied.remarks[0]


def test_values_have_types_in_sql() -> None:
    assert [number(text) for text in ("1", "0.5", "-1", "UTC", "ON")] == [1, 0.5, -1, "UTC", "ON"]
