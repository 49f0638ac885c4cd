"""What the service needs from the rest of the cloud, as five small protocols.

`cloud` speaks to it through AWS's API; `memory` is a world in a few dictionaries, for tests and the model checker.
"""

from __future__ import annotations

from .protocols import (
    Alarms,
    AlarmStates,
    Balancer,
    Fleet,
    Instance,
    Notifications,
    PortError,
    Ports,
    Scaling,
    TagFilter,
)

__all__ = [
    "AlarmStates",
    "Alarms",
    "Balancer",
    "Fleet",
    "Instance",
    "Notifications",
    "PortError",
    "Ports",
    "Scaling",
    "TagFilter",
]
