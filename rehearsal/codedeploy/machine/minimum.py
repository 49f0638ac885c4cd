"""Minimum healthy hosts: how many of a fleet must stay untouched while a deployment works on the rest.

| rule          | of N hosts          |
|---------------|---------------------|
| HOST_COUNT v  | v                   |
| FLEET_PERCENT | ⌈p·N/100⌉           |
| MOST_CONCURRENCY v (only the built-in OneAtATime) | N − v |
"""

from __future__ import annotations

from dataclasses import dataclass

HOST_COUNT = "HOST_COUNT"
FLEET_PERCENT = "FLEET_PERCENT"
MOST_CONCURRENCY = "MOST_CONCURRENCY"


@dataclass(frozen=True, slots=True)
class Minimum:
    """A deployment configuration's rule."""

    kind: str
    value: int

    def of(self, hosts: int) -> int:
        """The number of hosts that the rule keeps healthy in a fleet of `hosts`."""
        if self.kind == FLEET_PERCENT:
            return -(-self.value * hosts // 100)
        if self.kind == MOST_CONCURRENCY:
            return max(hosts - self.value, 0)
        return self.value


NONE = Minimum(HOST_COUNT, 0)
