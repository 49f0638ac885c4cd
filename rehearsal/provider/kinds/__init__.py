"""The provider's table: every resource type that it knows."""

from __future__ import annotations

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.kind import Kind
from rehearsal.provider.kinds import (
    addresses,
    alarms,
    balancers,
    bucket_rules,
    buckets,
    certificates,
    databases,
    deployments,
    dns,
    endpoints,
    firewall,
    fleets,
    group_rules,
    instances,
    keys,
    launch_templates,
    listeners,
    network,
    objects,
    parameters,
    roles,
    routing,
    scaling,
    secrets,
    security_groups,
    target_groups,
    topics,
    volumes,
)

MODULES = (addresses, alarms, balancers, bucket_rules, buckets, certificates, databases, deployments, dns, endpoints,
           firewall, fleets, group_rules, instances, keys, launch_templates, listeners, network, objects, parameters,
           roles, routing, scaling, secrets, security_groups, target_groups, topics, volumes)

KINDS: dict[str, Kind] = {kind.urn_type: kind for module in MODULES for kind in module.KINDS}


def kind_of(token: str) -> Kind:
    if token not in KINDS:
        raise Failure(f"the rehearsal's provider does not know {token}",
                      why=f"it has handlers for {len(KINDS)} resource types, and this is none of them",
                      next="add it in rehearsal/provider/kinds/", exit_code=ExitCode.BAD_INPUT)
    return KINDS[token]
