"""Security groups as nftables inside each box: what may come in, what may go out, and the answers to both.

A group that is named by a rule becomes a set of its members' addresses, so that a box which joins or leaves changes a
set and no rule. Metadata, DNS and the box itself are always reachable, as on EC2.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.fleet.vpc import METADATA, RESOLVER

ANY_PORT = (0, 65535)


@dataclass(frozen=True, order=True)
class Rule:
    """One permission of a group."""

    inward: bool
    protocol: str = "-1"                        # tcp | udp | icmp | -1 (everything)
    ports: tuple[int, int] = ANY_PORT
    cidr: str = ""                              # one of these three
    group: str = ""
    prefixes: tuple[str, ...] = ()              # of a prefix list


Groups = Mapping[str, frozenset[Rule]]          # group → its rules
Members = Mapping[str, frozenset[str]]          # group → its members' addresses


def set_name(group: str) -> str:
    return group.replace("-", "_")


def named_groups(groups: Groups, mine: tuple[str, ...]) -> list[str]:
    """The groups that this box's rules speak of."""
    return sorted({rule.group for group in mine for rule in groups.get(group, ()) if rule.group})


def render(groups: Groups, mine: tuple[str, ...], members: Members, resolver: str) -> str:
    """The whole table, loaded at once: there is no moment without rules."""
    rules = sorted({rule for group in mine for rule in groups.get(group, ())})
    sets = "".join(_set(group, members.get(group, frozenset())) for group in named_groups(groups, mine))
    always = f"    ip daddr {{ {METADATA}, {RESOLVER}, {resolver} }} accept\n"
    inward = "".join(f"    {line} counter accept\n" for rule in rules if rule.inward for line in _lines(rule))
    outward = "".join(f"    {line} counter accept\n" for rule in rules if not rule.inward for line in _lines(rule))
    return (f"table inet sg {{}}\ndelete table inet sg\ntable inet sg {{\n{sets}"
            f"  chain in {{\n    type filter hook input priority 0; policy drop;\n    iif lo accept\n"
            f"    ct state established,related accept\n{inward}    counter\n  }}\n"
            f"  chain out {{\n    type filter hook output priority 0; policy drop;\n    oif lo accept\n"
            f"    ct state established,related accept\n{always}{outward}    counter\n  }}\n}}\n")


def _set(group: str, addresses: frozenset[str]) -> str:
    elements = f" elements = {{ {', '.join(sorted(addresses))} }};" if addresses else ""
    return f"  set {set_name(group)} {{ type ipv4_addr;{elements} }}\n"


def _lines(rule: Rule) -> list[str]:
    """None for a rule about IPv6, which no box speaks."""
    match = _match(rule)
    side = "saddr" if rule.inward else "daddr"
    if rule.group:
        return [f"ip {side} @{set_name(rule.group)}{match}"]
    networks = [rule.cidr] if rule.cidr else list(rule.prefixes)
    return [f"ip {side} {network}{match}" for network in networks if ipaddress.ip_network(network, False).version == 4]


def _match(rule: Rule) -> str:
    if rule.protocol == "-1":
        return ""
    if rule.protocol == "icmp":
        return " ip protocol icmp"
    low, high = rule.ports
    return f" {rule.protocol} dport {low if low == high else f'{low}-{high}'}"


def membership(groups: Groups, mine: tuple[str, ...], before: Members, after: Members) -> str:
    """Only the sets that differ; empty when nothing changed."""
    lines = []
    for group in named_groups(groups, mine):
        old, new = before.get(group, frozenset()), after.get(group, frozenset())
        if gone := ", ".join(sorted(old - new)):
            lines.append(f"delete element inet sg {set_name(group)} {{ {gone} }}\n")
        if come := ", ".join(sorted(new - old)):
            lines.append(f"add element inet sg {set_name(group)} {{ {come} }}\n")
    return "".join(lines)
