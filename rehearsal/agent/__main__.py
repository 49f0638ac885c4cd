"""`python -m rehearsal.agent drive | run`: one job on stdin, or the daemon."""

from __future__ import annotations

import argparse
import logging
import sys

DONE, BAD_INPUT = 0, 2


def main(argv: list[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    return _drive() if arguments.verb == "drive" else _run(arguments)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m rehearsal.agent", description="The CodeDeploy host agent.")
    verbs = top.add_subparsers(dest="verb", required=True)
    verbs.add_parser("drive", help="execute one job from stdin and print the calls to the service")
    run = verbs.add_parser("run", help="poll the service for commands, and execute them")
    run.add_argument("--root", required=True, metavar="DIR", help="where revisions and logs are kept")
    run.add_argument("--endpoint", required=True, metavar="URL", help="the cloud's endpoint")
    run.add_argument("--instance-id", required=True, metavar="ID", help="this host's identifier, such as i-0123")
    run.add_argument("--s3-endpoint", metavar="URL", help="where revisions come from, if not from the endpoint")
    run.add_argument("--max-revisions", type=int, default=5, metavar="N", help="how many revisions of a group to keep")
    run.add_argument("--poll-interval", type=float, default=1.0, metavar="S", help="between polls when idle")
    run.add_argument("--heartbeat", type=float, default=2.0, metavar="S", help="between heartbeats")
    run.add_argument("--grace", type=float, default=7200.0, metavar="S", help="for what is running, after TERM")
    return top


def _drive() -> int:
    from rehearsal.agent.drive import BadJobError, drive

    try:
        drive(sys.stdin, sys.stdout)
    except BadJobError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    return DONE


def _run(arguments: argparse.Namespace) -> int:
    from rehearsal.agent.daemon import Settings, run

    if arguments.max_revisions < 1:
        sys.stderr.write("--max-revisions must be 1 or more: the revision that runs is kept\n")
        return BAD_INPUT
    return run(Settings.of(arguments))


if __name__ == "__main__":
    sys.exit(main())
