"""`python -m app.was.collect korea|seoul|news|all`: run collectors now, or with --if-due when the schedule says so."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime

import django

from app.was.errors import Problem, told


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m app.was.collect", description=__doc__)
    parser.add_argument("source", choices=("korea", "seoul", "news", "all"))
    parser.add_argument("--if-due", action="store_true", help="only what the schedule has planned and is not done yet")
    parser.add_argument("--days", type=int, choices=range(1, 1001), metavar="1…1000", help="ask for so many days again")
    return parser.parse_args()


def collect(given: argparse.Namespace) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.was.project.settings")
    django.setup()
    from django.conf import settings
    from django.db import Error

    from app.was.collect.door import HttpDoor
    from app.was.collect.run import SOURCES, Collecting
    from app.was.database.locks import Taken

    collecting = Collecting(door=HttpDoor(), environment=settings.ENVIRONMENT, clock=lambda: datetime.now(UTC))
    names = list(SOURCES) if given.source == "all" else [given.source]
    try:
        outcomes = collecting.run(names, if_due=given.if_due, days=given.days)
    except Taken as taken:
        sys.stderr.write(f"{taken}\n")
        return 0 if given.if_due else taken.exit_code
    except Error as cause:
        raise Problem(f"the database failed: {cause}", why="collectors write what they find to it",
                      next="python3 -m app.was.migrate --check") from None
    for outcome in outcomes:
        sys.stdout.write(f"{outcome.source}: {outcome.outcome}, {outcome.rows} rows. {outcome.message}".rstrip() + "\n")
    return 1 if any(outcome.outcome == "failed" for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(told(lambda: collect(arguments())))
