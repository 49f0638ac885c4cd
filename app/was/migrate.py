"""`python -m app.was.migrate`: bring the schema up to this release, once, however many hosts ask for it at a time.

Every host runs it before it starts (ExecStartPre). The first gets the lock and does the work; the others wait,
and find it done.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable

import django
from django.core.management import call_command
from django.db import Error, OperationalError, connection

from app.was.errors import Problem, told

LOCK_WAIT = 120             # seconds: longer than any migration of ours takes
DATABASE_WAIT = 90          # seconds: a Multi-AZ failover takes 60 to 120
PAUSE = 3.0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m app.was.migrate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="say what is missing, change nothing")
    parser.add_argument("--wait", type=int, default=DATABASE_WAIT, help="seconds to wait for a database that is away")
    return parser.parse_args()


def reach(
    seconds: float, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Returns when the database answers."""
    deadline = clock() + seconds
    while True:
        try:
            connection.ensure_connection()
            return
        except OperationalError as cause:
            reason, code = str(cause), cause.args[0] if cause.args else 0
        if clock() >= deadline or code in (1044, 1045, 1049):       # refused or unknown: waiting will not help
            raise Problem(f"the database cannot be used: {reason}", why="the schema has to be checked before a start",
                          next="sudo grep COKO_DATABASE /etc/coko/environment")
        sleep(PAUSE)


def migrate() -> list[str]:
    """The names of the migrations that were applied: none if another host was first."""
    from app.was.database import locks
    from app.was.database.settings import CHARSET, COLLATION
    from app.was.database.state import unapplied

    with locks.held("migrate", wait=LOCK_WAIT):
        missing = unapplied()
        if missing:
            if connection.vendor == "mysql":
                name = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
                with connection.cursor() as cursor:
                    cursor.execute(f"ALTER DATABASE {name} CHARACTER SET {CHARSET} COLLATE {COLLATION}")
            call_command("migrate", interactive=False, verbosity=0)
    return missing


def main(given: argparse.Namespace) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.was.project.settings")
    django.setup()
    from app.was.database.state import unapplied

    reach(given.wait)
    try:
        done = unapplied() if given.check else migrate()
    except Error as cause:
        raise Problem(f"the schema could not be brought up to date: {cause}",
                      why="a migration failed; what it did before stays, MySQL has no transactions for tables",
                      next="python3 -m app.was.migrate --check") from None
    sys.stdout.write(f"{'missing' if given.check else 'applied'}: {', '.join(done) or 'nothing'}\n")
    return 1 if given.check and done else 0


if __name__ == "__main__":
    sys.exit(told(lambda: main(arguments())))
