"""Which lifecycle events a target goes through, in which order, and who runs them."""

from __future__ import annotations

from enum import StrEnum

LEAVE_TRAFFIC = ("BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic")
INSTALL = (
    "ApplicationStop",
    "DownloadBundle",
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "ApplicationStart",
    "ValidateService",
)
JOIN_TRAFFIC = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")

RUN_BY_SERVICE = frozenset({"BlockTraffic", "AllowTraffic"})
FORGIVABLE = frozenset({"ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"})

BLUE = "Blue"
GREEN = "Green"


class Kind(StrEnum):
    IN_PLACE = "in-place"
    BLUE_GREEN = "blue-green"
    BLUE_GREEN_ROLLBACK = "blue-green-rollback"


def sequence(kind: Kind, colour: str, *, balanced: bool) -> tuple[str, ...]:
    """The events of one target; `balanced` says that it stands behind a load balancer."""
    if kind is Kind.IN_PLACE:
        return (*LEAVE_TRAFFIC, *INSTALL, *JOIN_TRAFFIC) if balanced else INSTALL
    joins = (colour == BLUE) == (kind is Kind.BLUE_GREEN_ROLLBACK)
    if not joins:
        return LEAVE_TRAFFIC
    return JOIN_TRAFFIC if kind is Kind.BLUE_GREEN_ROLLBACK else (*INSTALL, *JOIN_TRAFFIC)
