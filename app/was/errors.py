"""What a person or an environment did wrong: what happened, why, and the next command to run."""

from __future__ import annotations

import sys
from collections.abc import Callable


class Problem(Exception):
    """Raised for anything that a user, a setting or a remote service can cause; shown without a traceback."""

    def __init__(self, what: str, *, why: str, next: str, exit_code: int = 1) -> None:  # noqa: A002
        super().__init__(what)
        self.what, self.why, self.next, self.exit_code = what, why, next, exit_code

    def __str__(self) -> str:
        return f"error: {self.what}\n  why:  {self.why}\n  next: {self.next}"


def told(action: Callable[[], int]) -> int:
    """Runs a command; a problem becomes words on stderr and an exit code."""
    try:
        return action()
    except Problem as problem:
        sys.stderr.write(f"{problem}\n")
        return problem.exit_code
    except KeyboardInterrupt:
        return 130
