"""A parameter group of MySQL, as far as MariaDB has it; what it has not, or what this machine decides, is said."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from pymysql.err import Error

from rehearsal.database.sql import Control

# MySQL 8's own collations, and the nearest that MariaDB has: by Unicode's rules too, but an older edition of them.
COLLATIONS = {"utf8mb4_0900_ai_ci": "utf8mb4_unicode_520_ci", "utf8mb4_0900_as_cs": "utf8mb4_nopad_bin",
              "utf8mb4_0900_bin": "utf8mb4_nopad_bin"}
RENAMED = {"time_zone": "default_time_zone"}
OPTIONS = frozenset({"default_time_zone"})      # a word at the start of the server, that is no variable
# What makes it a pair, and what this machine's memory decides.
OURS = {"the rehearsal decides it": frozenset({
            "datadir", "socket", "port", "bind_address", "server_id", "log_bin", "binlog_format", "sync_binlog",
            "innodb_flush_log_at_trx_commit", "read_only", "gtid_domain_id", "gtid_strict_mode", "log_slave_updates",
            "log_error", "pid_file", "user", "ssl_ca", "ssl_cert", "ssl_key", "skip_name_resolve", "tmpdir"}),
        "it is for the memory of an RDS instance, not of this machine": frozenset({
            "innodb_buffer_pool_size", "innodb_log_file_size", "performance_schema"})}


@dataclass(frozen=True)
class Applied:
    options: Mapping[str, str]
    remarks: tuple[str, ...]


def apply(parameters: Mapping[str, str], known: Set[str]) -> Applied:
    """`known` are the variables of the MariaDB that will run."""
    options, remarks = {}, []
    for name, value in sorted(parameters.items()):
        theirs, becomes = RENAMED.get(name, name), COLLATIONS.get(value, value)
        why = _why_not(theirs, value, known)
        if why:
            remarks.append(f"parameter {name} = {value} is not applied: {why}")
            continue
        options[theirs] = becomes
        if becomes != value:
            remarks.append(f"parameter {name} = {value} is applied as {becomes}: MariaDB does not have {value}")
    return Applied(options, tuple(remarks))


def _why_not(name: str, value: str, known: Set[str]) -> str | None:
    for reason, names in OURS.items():
        if name in names or name.startswith("rpl_semi_sync"):
            return reason
    if "{" in value:
        return "its value is a formula over the memory of an RDS instance"
    if name not in known | OPTIONS:
        return "MariaDB has no such setting"
    if any(ord(letter) < 32 for letter in value):
        return "its value is more than one line"
    return None


def set_live(control: Control, name: str, value: str) -> bool:
    """On a server that runs; False for what only a start can set."""
    variable = {theirs: ours for ours, theirs in RENAMED.items()}.get(name, name)
    try:
        control.run(f"SET GLOBAL {variable} = %s", number(value))
    except Error:
        return False
    return True


def number(value: str) -> int | float | str:
    """SQL tells 1 from '1'."""
    if value.lstrip("-").isdigit():
        return int(value)
    return float(value) if value.replace(".", "", 1).isdigit() else value
