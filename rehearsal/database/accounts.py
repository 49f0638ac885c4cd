"""Who may log in: the master user as RDS makes one (much, but not everything, and over TLS), and the standby."""

from __future__ import annotations

from rehearsal.database.model import Instance, Master
from rehearsal.database.sql import Control

REPLICATOR = "rdsrepladmin"     # RDS's own name for it
# What RDS grants its master user, in MariaDB's words. Not SUPER: the standby stays read-only for it.
GRANTED = ("SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, "
           "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, BINLOG MONITOR, CREATE VIEW, SHOW VIEW, "
           "CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER")


def furnish(control: Control, instance: Instance, replicator: str) -> None:
    """An empty server gets its users and its database; a furnished one gets what has changed of them."""
    put_replicator(control, replicator)
    put_master(control, instance.master)
    if instance.database:
        control.run(f"CREATE DATABASE IF NOT EXISTS {quoted(instance.database)}")


def put_master(control: Control, master: Master) -> None:
    control.run("CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED BY %s", master.user, master.password)
    control.run("ALTER USER %s@'%%' IDENTIFIED BY %s", master.user, master.password)
    control.run(f"GRANT {GRANTED} ON *.* TO %s@'%%' WITH GRANT OPTION", master.user)


def put_replicator(control: Control, password: str) -> None:
    control.run("CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED BY %s REQUIRE SSL", REPLICATOR, password)
    control.run("ALTER USER %s@'%%' IDENTIFIED BY %s REQUIRE SSL", REPLICATOR, password)
    control.run("GRANT REPLICATION SLAVE ON *.* TO %s@'%%'", REPLICATOR)


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
