"""What the rest of the world may know of a stack: its outputs, and the same as SSM parameters under /coko/<stack>/.

`pipelines/target.py` is the other side. Neither imports the other; a test compares them field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import ssm


@dataclass(frozen=True, kw_only=True)
class TierContract:
    deployment: Input[str]              # in_place | blue_green
    deployment_group: Input[str]
    deployment_config: Input[str]
    scaling_groups: Input[str]          # one name, or both colours' with a comma between
    target_group: Input[str]            # ARN
    health_path: Input[str]
    port: Input[str]
    log_group: Input[str]
    upstream: Input[str]                # host:port its requests go on to


@dataclass(frozen=True, kw_only=True)
class DatabaseContract:
    host: Input[str]
    port: Input[str]
    name: Input[str]
    secret: Input[str]                  # ARN of the master secret; never the secret


@dataclass(frozen=True, kw_only=True)
class Contract:
    region: Input[str]
    site_url: Input[str]
    application: Input[str]
    artifact_bucket: Input[str]
    alarm_topic: Input[str]
    dashboard: Input[str]
    collector_secret: Input[str]        # ARN of the secret with the public APIs' keys
    web: TierContract
    was: TierContract
    database: DatabaseContract


def flatten(contract: Any, prefix: str = "") -> dict[str, Input[str]]:
    """`web.target_group` becomes `web/target-group`: a parameter's path below /coko/<stack>/."""
    flat: dict[str, Input[str]] = {}
    for field in fields(contract):
        value, path = getattr(contract, field.name), prefix + field.name.replace("_", "-")
        flat |= flatten(value, f"{path}/") if is_dataclass(value) else {path: value}
    return flat


class PublishedContract(pulumi.ComponentResource):
    outputs: Mapping[str, Output[str]]

    def __init__(self, name: str, stack: str, contract: Contract, opts: ResourceOptions | None = None) -> None:
        super().__init__("coko:infra:Contract", name, None, opts)
        self.outputs = {path: Output.from_input(value) for path, value in flatten(contract).items()}
        for path, value in self.outputs.items():
            ssm.Parameter(f"{name}-{path.replace('/', '-')}", name=f"/coko/{stack}/{path}", type="String", value=value,
                          opts=ResourceOptions(parent=self))
        self.register_outputs({"parameters": f"/coko/{stack}/"})
