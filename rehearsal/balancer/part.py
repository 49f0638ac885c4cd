"""One balancer that runs: its HAProxy, its targets, and what is written about its requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.balancer import access_log, members
from rehearsal.balancer.members import Member
from rehearsal.balancer.model import Balancer, Target, TargetGroup, groups_of
from rehearsal.balancer.process import Haproxy
from rehearsal.balancer.reconcile import Key, Running
from rehearsal.balancer.render import Where, render, shape

Groups = Mapping[str, TargetGroup]


@dataclass
class Part:
    balancer: Balancer
    haproxy: Haproxy
    scale: float
    clock: Callable[[], float]
    say: Callable[[str], None]
    members: dict[Key, Member] = field(default_factory=dict)
    shape: str = ""
    _read: int = 0

    @property
    def running(self) -> Running:
        return Running(self.shape, self.haproxy.alive, dict(self.members))

    @property
    def where(self) -> Where:
        return self.haproxy.where

    def begin(self, groups: Groups) -> None:
        self.members.clear()
        self._read = self._log("requests.log").stat().st_size if self._log("requests.log").exists() else 0
        self.haproxy.start(render(self.balancer, groups, self.where, self.scale))
        self.shape = shape(self.balancer, groups, self.where, self.scale)

    def reload(self, balancer: Balancer, groups: Groups) -> None:
        self.balancer = balancer
        kept = {group.arn for group in groups_of(balancer, groups)}
        self.members = {key: one for key, one in self.members.items() if one.group in kept}
        servers = [server for member in self.members.values() for server in member.servers()]
        self.haproxy.reload(render(balancer, groups, self.where, self.scale, servers))
        self.shape = shape(balancer, groups, self.where, self.scale)

    def register(self, group: TargetGroup, target: Target) -> None:
        member, commands = members.register(group, target, self.scale)
        objections = self.haproxy.admin.tell(*commands)
        if objections:      # what was half done is undone, and tried again with the next look at the API
            self.say(f"{self.balancer.suffix}: {'; '.join(objections)}")
            for server in (member.server, member.fallback):
                self.haproxy.admin.tell(f"set server {server} state maint", f"del server {server}")
            return
        self.members[group.arn, target.key] = member

    def leave(self, key: Key, group: TargetGroup | None) -> None:
        self.members[key], commands = members.leave(self.members[key], group, self.clock(), self.scale)
        self.haproxy.admin.tell(*commands)

    def tick(self) -> None:
        """Look at every target once, and do what that asks for."""
        seen, now = self.haproxy.admin.seen(), self.clock()
        elsewhere = self.haproxy.admin.left_behind() if any(one.drain for one in self.members.values()) else {}
        for key, member in list(self.members.items()):
            primary, fallback = ((member.backend, member.target.key), (f"{member.backend}-open", member.target.key))
            if member.drain:
                counts = tuple(seen[one].sessions + elsewhere.get(one, 0) if one in seen else None
                               for one in (primary, fallback))
                after, commands = members.depart(member, (counts[0], counts[1]), now)
            elif primary in seen:
                after, commands = members.observe(member, seen[primary], self.balancer.kind)
            else:       # somebody took it away by hand: the next look at the API brings it back
                del self.members[key]
                continue
            self.haproxy.admin.tell(*commands)
            self.members[key] = after
            if after.drain and after.drain.is_over(now):
                del self.members[key]

    def write_access_log(self, groups: Groups) -> None:
        """What HAProxy has written since, in AWS's format; only where the balancer was asked to keep a log."""
        raw = self._log("requests.log")
        with raw.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        whole = new[:new.rfind(b"\n") + 1]
        self._read += len(whole)
        found = [one for one in map(access_log.parse, whole.decode(errors="replace").splitlines()) if one]
        if not self.balancer.logged or not found:
            return
        names = {group.name: arn for arn, group in groups.items()}
        shown = {str(one.port): one.certificates for one in self.balancer.listeners}
        with self._log("access.log").open("a") as log:
            log.writelines(access_log.alb(one, self.balancer, names, shown.get(one["listening"], ())) + "\n"
                           for one in found)

    def _log(self, name: str) -> Path:
        return self.haproxy.directory / name
