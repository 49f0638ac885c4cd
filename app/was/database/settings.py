"""What Django is told about the database: MySQL or MariaDB by default, SQLite for one developer."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from app.was.environment import DatabaseServer, Environment

# The one collation that MySQL 8 and MariaDB both have and that sorts Korean by the Unicode algorithm.
CHARSET, COLLATION = "utf8mb4", "utf8mb4_unicode_520_ci"
STRICT = f"SET NAMES {CHARSET} COLLATE {COLLATION}, sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'"


def django_database(environment: Environment) -> dict[str, Any]:
    if environment.server is None:
        return _sqlite(environment.database_file)
    return _mysql(environment, environment.server)


def _sqlite(file: str) -> dict[str, Any]:
    Path(file).absolute().parent.mkdir(parents=True, exist_ok=True)
    options = {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode = wal"}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": file, "OPTIONS": options, "CONN_MAX_AGE": None}


def _mysql(environment: Environment, server: DatabaseServer) -> dict[str, Any]:
    # Timeouts bound what a dead primary can hold: a failover must end in an error, never in a hanging worker.
    options: dict[str, Any] = {"charset": CHARSET, "init_command": STRICT, "connect_timeout": 5,
                               "read_timeout": 30, "write_timeout": 30, "isolation_level": "read committed"}
    if server.tls == "off":
        options["ssl_disabled"] = True
    elif server.tls != "prefer":            # what PyMySQL does by itself: TLS if the server has it
        options["ssl"] = _tls(server)
    return {"ENGINE": "app.was.database", "HOST": server.host, "PORT": server.port, "NAME": server.name,
            "CREDENTIALS": environment.database_credentials, "OPTIONS": options,
            "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}


def _tls(server: DatabaseServer) -> ssl.SSLContext:
    if server.tls == "verify":
        return ssl.create_default_context(cafile=server.tls_ca)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
