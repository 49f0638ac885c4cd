"""What HAProxy has seen of a target, in AWS's words: state, reason code, description. Pure."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """One server's line of `show stat`."""

    status: str                 # UP, UP 1/2, DOWN, DOWN 1/2, DRAIN, MAINT, no check
    check: str                  # L7OK, L7STS, L4TOUT …; empty before the first check
    code: str                   # of HTTP, with a check that got so far
    sessions: int

    @property
    def checked(self) -> bool:
        return self.check not in ("", "INI", "UNK")

    @property
    def passed(self) -> bool:
        return self.check in ("L4OK", "L6OK", "L7OK", "L7OKC")


@dataclass(frozen=True)
class Health:
    state: str
    reason: str = ""
    description: str = ""

    def shown(self) -> dict[str, str]:
        """As DescribeTargetHealth answers it."""
        return {"State": self.state, **({"Reason": self.reason} if self.reason else {}),
                **({"Description": self.description} if self.description else {})}


HEALTHY = Health("healthy")
REGISTERING = Health("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
DRAINING = Health("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
NOT_IN_USE = Health("unused", "Target.NotInUse",
                    "Target group is not configured to receive traffic from the load balancer")
FAILED = Health("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
TIMED_OUT = Health("unhealthy", "Target.Timeout", "Request timed out")


def invalid(description: str) -> Health:
    return Health("unused", "Target.InvalidState", description)


def parse(text: str) -> dict[tuple[str, str], Seen]:
    """`show stat` as it is printed; a check that is under way is marked with a star and counts as the one before."""
    rows = csv.DictReader(text.removeprefix("# ").splitlines())
    return {(row["pxname"], row["svname"]): _seen(row) for row in rows if row.get("type") == "2"}


def _seen(row: Mapping[str, str]) -> Seen:
    return Seen(row["status"], row["check_status"].removeprefix("* "), row["check_code"], int(row["scur"] or 0))


def judge(seen: Seen, kind: str, before: Health) -> Health:
    """The health of a target that traffic may go to; what a reload has made HAProxy forget is as it was before."""
    if seen.status.startswith("UP"):
        return HEALTHY
    if not seen.status.startswith("DOWN"):
        return before
    if seen.checked and not seen.passed:
        return failure(seen, kind)
    return before if before.state == "unhealthy" else FAILED


def failure(seen: Seen, kind: str) -> Health:
    """Network balancers know but one reason."""
    if kind == "network":
        return FAILED
    if seen.check == "L7STS":
        return Health("unhealthy", "Target.ResponseCodeMismatch",
                      f"Health checks failed with these codes: [{seen.code}]")
    return TIMED_OUT if seen.check.endswith("TOUT") else FAILED
