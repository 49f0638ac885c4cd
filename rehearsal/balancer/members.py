"""A target's life with one HAProxy: registering → serving → draining → gone, and what HAProxy is told on the way. Pure.

A target is two servers: one that is checked, and one in a backend without checks that traffic falls back to when no
target is healthy. The second one is opened once the first check has been made: nothing goes to a target before that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rehearsal.balancer import draining, health
from rehearsal.balancer.draining import Drain, Step
from rehearsal.balancer.health import REGISTERING, Health, Seen
from rehearsal.balancer.model import Target, TargetGroup
from rehearsal.balancer.render import Server, checking, encryption


@dataclass(frozen=True)
class Member:
    group: str                  # ARN
    backend: str
    target: Target
    health: Health = REGISTERING
    serving: bool = False
    drain: Drain | None = None

    @property
    def server(self) -> str:
        return f"{self.backend}/{self.target.key}"

    @property
    def fallback(self) -> str:
        return f"{self.backend}-open/{self.target.key}"

    @property
    def address(self) -> str:
        return f"{self.target.address}:{self.target.port}"

    @property
    def there(self) -> bool:
        """Whether HAProxy has it."""
        return self.drain is None or self.drain.step is not Step.GONE

    def servers(self) -> list[Server]:
        """For a configuration that is reloaded."""
        return [Server(self.backend, self.target.key, self.address, True),
                Server(f"{self.backend}-open", self.target.key, self.address, False)] if self.there else []


def register(group: TargetGroup, target: Target, scale: float) -> tuple[Member, list[str]]:
    """A server that was added at run time would start up and unchecked: it is held back until its first check."""
    member = Member(group.arn, group.name, target)
    tls = f" {encryption(group)}" if encryption(group) else ""
    return member, [f"add server {member.server} {member.address} {checking(group, scale)}{tls}",
                    f"enable health {member.server}", f"set server {member.server} state drain",
                    f"add server {member.fallback} {member.address}{tls}"]


def observe(member: Member, seen: Seen, kind: str) -> tuple[Member, list[str]]:
    """A member that stays, after HAProxy has looked at it again."""
    if member.serving:
        return replace(member, health=health.judge(seen, kind, member.health)), []
    if not seen.checked:
        return member, []
    opened = [f"set server {member.server} state ready", f"set server {member.fallback} state ready"]
    if seen.passed:
        return replace(member, serving=True, health=health.HEALTHY), opened
    # Only after `ready`: before it, HAProxy would forget that the check has failed.
    closed = [opened[0], f"set server {member.server} health down", opened[1]]
    return replace(member, serving=True, health=health.failure(seen, kind)), closed


def leave(member: Member, group: TargetGroup | None, now: float, scale: float) -> tuple[Member, list[str]]:
    drain = Drain(now, group.delay / scale if group else 0.0, group.cut if group else True)
    return (replace(member, drain=drain, health=health.DRAINING),
            [f"set server {member.server} state drain", f"set server {member.fallback} state drain"])


def depart(member: Member, sessions: tuple[int | None, int | None], now: float) -> tuple[Member, list[str]]:
    """A member that leaves: it is gone when both of its servers are."""
    assert member.drain
    known = [count for count in sessions if count is not None]
    drain = draining.advance(member.drain, now, sum(known) if known else None)
    commands = []
    for server, count in zip((member.server, member.fallback), sessions, strict=True):
        commands += draining.commands(drain, server, now) if count is not None else []
    return replace(member, drain=drain), commands
