"""Instances being launched by an Auto Scaling group enter service only with the group's revision.

Each waits in the group's launch hook for a deployment of its own (creator `autoscaling`). One that was launched during
a deployment got the revision before it; when that deployment has succeeded, a follow-on one brings it up to date.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..machine import Deployment, Status
from ..ports import Instance, PortError
from ..store.deployments import Record
from ..store.groups import Group, HostRevision
from ..store.hosts import Launch
from .core import Engine, GroupBusy
from .plans import FOLLOW_ON, LAUNCH

LOG = logging.getLogger("codedeploy")
WAITING = "Pending:Wait"
BEAT = 300.0
SIBLINGS = "autoUpdateOutdatedInstancesDeploymentIds"


class Move(StrEnum):
    WAIT = "wait"
    DEPLOY = "deploy"
    CONTINUE = "CONTINUE"
    ABANDON = "ABANDON"


def next_move(own: Deployment | None, deployed: str | None, good: str | None) -> Move:
    """What to do with a waiting instance: its own deployment brought `deployed`; the group is on `good`."""
    if good is None:
        return Move.CONTINUE
    if own is None:
        return Move.DEPLOY
    if not own.over:
        return Move.WAIT
    if own.status is not Status.SUCCEEDED:
        return Move.ABANDON
    return Move.CONTINUE if deployed == good else Move.DEPLOY


def outdated(
    members: list[Instance], launched: Mapping[str, Launch], on: Mapping[str, HostRevision], good: str
) -> list[str]:
    """Instances in service that were launched with another revision than the group's."""
    found = []
    for member in members:
        launch, last = launched.get(member.id), on.get(member.id)
        if launch is None or not launch.delivered or launch.outcome != Move.CONTINUE or not member.in_service:
            continue
        if last is None or (last.creator == LAUNCH and last.good_revision != good):
            found.append(member.id)
    return found


def hook_name(group: Group) -> str:
    return f"CodeDeploy-managed-automatic-launch-deployment-hook-{group.name}-{uuid.uuid4()}"


@dataclass
class Launches:
    engine: Engine
    every: float = 1.0
    _last: float = field(default=0.0)

    def turn(self) -> None:
        now = self.engine.clock()
        if now - self._last < self.every:
            return
        self._last = now
        for group in self.engine.store.groups.all():
            try:
                self._keep_hooks(group)
                if group.asgs:
                    self._group(group)
            except PortError as error:
                LOG.warning("%s/%s: launches cannot be looked after: %s", group.application, group.name, error)
        self._deliver()

    def _group(self, group: Group) -> None:
        members = self.engine.ports.fleet.members(group.asgs)
        launched = self.engine.store.launches.of(group.id)
        hooks = {hook.asg: hook.name for hook in self.engine.store.groups.hooks(group.id)}
        for member in members:
            if member.alive and member.lifecycle == WAITING and member.id not in launched and member.asg in hooks:
                now = self.engine.clock()
                self.engine.store.launches.begin(group.id, member.id, member.asg, hooks[member.asg], now)
        present = {member.id: member.lifecycle for member in members if member.alive}
        for launch in self.engine.store.launches.of(group.id).values():
            if launch.instance not in present:
                self.engine.store.launches.forget(group.id, launch.instance)
            elif launch.outcome is None:
                self._advance(group, launch)
            elif present[launch.instance] != WAITING and not launch.delivered:
                self.engine.store.launches.delivered(group.id, launch.instance)  # its group waited no longer
        self._follow_on(group, members)

    def _keep_hooks(self, group: Group) -> None:
        """A hook on each of the group's Auto Scaling groups, which a blue/green deployment exchanges, and no other."""
        groups, ports = self.engine.store.groups, self.engine.ports
        hooked = {hook.asg for hook in groups.hooks(group.id)}
        for asg in set(group.asgs) - hooked:
            groups.want_hook(group.id, asg, hook_name(group))
        for hook in groups.hooks(group.id):
            if hook.asg not in group.asgs:
                if hook.installed and not ports.fleet.missing([hook.asg]):
                    ports.scaling.delete_hook(hook.asg, hook.name)
                groups.drop_hook(group.id, hook.asg)
            elif not hook.installed:
                ports.scaling.put_launch_hook(hook.asg, hook.name)
                groups.hook_installed(group.id, hook.asg)

    def _advance(self, group: Group, launch: Launch) -> None:
        good = self._good(group)
        own = self.engine.state(launch.deployment) if launch.deployment else None
        record = self.engine.store.deployments.get(launch.deployment) if launch.deployment else None
        move = next_move(own, record.revision_key if record else None, good.revision_key if good else None)
        if move is Move.DEPLOY and good is not None:
            request = follow_up(group, good, LAUNCH, [launch.instance])
            self.engine.create(
                group,
                request,
                exclusive=False,
                also=lambda new_id: self.engine.store.launches.deploying(group.id, launch.instance, new_id),
            )
        elif move is Move.WAIT:
            self._beat(launch)
        else:
            self.engine.store.launches.decided(group.id, launch.instance, move)

    def _beat(self, launch: Launch) -> None:
        now = self.engine.clock()
        if now - launch.beaten >= BEAT / self.engine.tuning.scale:
            self.engine.ports.scaling.heartbeat(launch.asg, launch.hook, launch.instance)
            self.engine.store.launches.beaten(launch.group_id, launch.instance, now)

    def _deliver(self) -> None:
        for launch in self.engine.store.launches.undelivered():
            try:
                self.engine.ports.scaling.complete(launch.asg, launch.hook, launch.instance, str(launch.outcome))
                self.engine.store.launches.delivered(launch.group_id, launch.instance)
            except PortError as error:
                LOG.warning("%s: its launch hook cannot be completed: %s", launch.instance, error)

    def _good(self, group: Group) -> Record | None:
        return self.engine.store.deployments.get(group.last_success) if group.last_success else None

    def _follow_on(self, group: Group, members: list[Instance]) -> None:
        good = self._good(group)
        if good is None or group.document.get("outdatedInstancesStrategy") == "IGNORE":
            return
        if self.engine.store.deployments.active(group.id):
            return
        launched = self.engine.store.launches.of(group.id)
        late = outdated(members, launched, self.engine.store.groups.host_revisions(group.id), good.revision_key)
        if late:
            self._bring_up_to_date(group, good, late)

    def _bring_up_to_date(self, group: Group, good: Record, late: list[str]) -> None:
        try:
            request = follow_up(group, good, FOLLOW_ON, late)
            self.engine.create(group, request, also=lambda new_id: self._relate(good, new_id))
        except GroupBusy:
            return  # somebody else was first; what is outdated then is seen again

    def _relate(self, good: Record, new_id: str) -> None:
        note = self.engine.store.deployments.note
        root = str(good.request.get("_root") or good.id)
        record = self.engine.store.deployments.get(root)
        siblings = ((record.notes.get("relatedDeployments") or {}) if record else {}).get(SIBLINGS, [])
        note(root, {"relatedDeployments": {SIBLINGS: [*siblings, new_id]}})
        note(new_id, {"relatedDeployments": {"autoUpdateOutdatedInstancesRootDeploymentId": root}})


def follow_up(group: Group, good: Record, creator: str, hosts: list[str]) -> dict[str, Any]:
    """A deployment of the group's good revision to some of its hosts."""
    private = {key for key in good.request if key.startswith("_")}
    request = {key: value for key, value in good.request.items() if key not in private}
    for dropped in ("targetInstances", "overrideAlarmConfiguration", "description", "updateOutdatedInstancesOnly"):
        request.pop(dropped, None)
    return {
        **request,
        "creator": creator,
        "_hosts": hosts,
        "_root": good.id,
        "loadBalancerInfo": group.document.get("loadBalancerInfo"),
        "deploymentStyle": {**(request.get("deploymentStyle") or {}), "deploymentType": "IN_PLACE"},
    }
