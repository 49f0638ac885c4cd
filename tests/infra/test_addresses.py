"""Subnets never overlap, always fit, and never move."""

from __future__ import annotations

from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from infra.addresses import ipv6_subnet, plan


@given(st.integers(16, 22), st.integers(0, 255), st.integers(2, 3))
def test_blocks_are_disjoint_and_inside(prefix: int, second: int, zones: int) -> None:
    whole = IPv4Network((f"10.{second}.0.0", prefix))
    blocks = [IPv4Network(block) for kind in plan(str(whole), zones).values() for block in kind]
    assert len(blocks) == 3 * zones
    assert all(block.subnet_of(whole) for block in blocks)
    assert all(not a.overlaps(b) for i, a in enumerate(blocks) for b in blocks[i + 1:])
    assert all(block.prefixlen <= 28 for block in blocks)       # the smallest subnet AWS makes


def test_a_third_zone_moves_nobody() -> None:
    two, three = plan("10.0.0.0/16", 2), plan("10.0.0.0/16", 3)
    assert all(three[kind][:2] == two[kind] for kind in two)


def test_ipv6_subnets_follow_each_other() -> None:
    assert ipv6_subnet("2001:db8:1200::/56", 0) == "2001:db8:1200::/64"
    assert ipv6_subnet("2001:db8:1200::/56", 2) == "2001:db8:1200:2::/64"
