"""The deployment configurations that CodeDeploy brings along, and the minimum that any of them stands for."""

from __future__ import annotations

from typing import Any

from ..machine.minimum import FLEET_PERCENT, MOST_CONCURRENCY, Minimum
from ..store import Store

ONE_AT_A_TIME = "CodeDeployDefault.OneAtATime"
BUILT_IN: dict[str, Minimum] = {
    "CodeDeployDefault.AllAtOnce": Minimum(FLEET_PERCENT, 0),
    "CodeDeployDefault.HalfAtATime": Minimum(FLEET_PERCENT, 50),
    ONE_AT_A_TIME: Minimum(MOST_CONCURRENCY, 1),
}


def lookup(store: Store, name: str) -> Minimum:
    """The rule of a configuration that is known to exist."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    config = store.configs.get(name)
    if config is None:
        raise KeyError(f"the deployment configuration {name} does not exist")
    return minimum_of(config.document)


def minimum_of(document: dict[str, Any]) -> Minimum:
    rule = document["minimumHealthyHosts"]
    return Minimum(str(rule["type"]), int(rule["value"]))
