"""Which addresses belong to which subnets: computed from one CIDR, so that nobody has to keep a list."""

from __future__ import annotations

import ipaddress

KINDS = ("public", "private", "database")
BLOCKS = 16         # four kinds (one kept free) of four zones each (one kept free)


def plan(cidr: str, zones: int) -> dict[str, list[str]]:
    """Per kind, one block a zone. Adding a zone, or a kind, moves nobody else's addresses."""
    blocks = [*ipaddress.IPv4Network(cidr).subnets(prefixlen_diff=BLOCKS.bit_length() - 1)]
    return {kind: [str(blocks[4 * position + zone]) for zone in range(zones)] for position, kind in enumerate(KINDS)}


def ipv6_subnet(block: str, position: int) -> str:
    """The /64 at `position` of the VPC's own /56."""
    network = ipaddress.IPv6Network(block)
    return str(ipaddress.IPv6Network((int(network.network_address) + (position << 64), 64)))
