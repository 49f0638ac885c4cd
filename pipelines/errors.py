"""What a user is told when something cannot be done: what happened, why, and the next command."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What `coko` says to the shell. Jenkins branches on these, so a test pins them."""

    DONE = 0
    FAILED = 1          # the operation itself failed: a deployment failed or was stopped
    BAD_INPUT = 2       # arguments, settings, files that the user wrote
    REFUSED = 3         # doctor, a lock or a policy says no
    UNREACHABLE = 4     # AWS (or another needed service) is not reachable or not permitted
    INTERRUPTED = 130   # Ctrl-C or SIGTERM, after cleaning up


class Failure(Exception):
    """Raised where an operation cannot go on; shown by the CLI's single catcher, never as a traceback."""

    def __init__(self, what: str, *, why: str, next: str, exit_code: ExitCode = ExitCode.FAILED) -> None:  # noqa: A002
        super().__init__(what)
        self.what = what
        self.why = why
        self.next = next
        self.exit_code = exit_code
