"""The rule pack: one module a service, put together here in the order they are shown."""

from __future__ import annotations

from infra.policy.recording import Recording
from infra.policy.rule import Answer, Rule
from infra.policy.rules.balancers import BALANCERS
from infra.policy.rules.buckets import BUCKETS
from infra.policy.rules.connections import CONNECTIONS
from infra.policy.rules.databases import DATABASES
from infra.policy.rules.edge import EDGE
from infra.policy.rules.fleets import FLEETS
from infra.policy.rules.hosts import HOSTS
from infra.policy.rules.keeping import KEEPING
from infra.policy.rules.network import NETWORK
from infra.policy.rules.permissions import PERMISSIONS
from infra.policy.rules.program import PROGRAM
from infra.policy.rules.releases import RELEASES
from infra.policy.rules.watching import WATCHING

PACKS = (NETWORK, CONNECTIONS, EDGE, BALANCERS, HOSTS, FLEETS, DATABASES, BUCKETS, KEEPING, PERMISSIONS, RELEASES,
         WATCHING, PROGRAM)
RULES: tuple[Rule, ...] = tuple(rule for pack in PACKS for rule in pack.rules)


def ask_all(program: Recording) -> list[Answer]:
    return [rule.ask(program) for rule in RULES]
