"""One mistake, at least, for every rule."""

from __future__ import annotations

from tests.infra.policy.draft import Mutation
from tests.infra.policy.mutations.data import DATA
from tests.infra.policy.mutations.edge import EDGE
from tests.infra.policy.mutations.hosts import HOSTS
from tests.infra.policy.mutations.network import NETWORK
from tests.infra.policy.mutations.permissions import PERMISSIONS
from tests.infra.policy.mutations.releases import RELEASES

MUTATIONS: tuple[Mutation, ...] = (*NETWORK, *EDGE, *HOSTS, *DATA, *PERMISSIONS, *RELEASES)
