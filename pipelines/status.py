"""What runs where: a tier's live release, each of its instances, what is under way, and what is not as it should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines import deployments, releases, snapshot
from pipelines.deployments import SUCCEEDED, Deployment
from pipelines.door import Call, Door
from pipelines.releases import Release
from pipelines.rollback import merged
from pipelines.stack import Tier

LOOK_BACK = 10      # deployments that are asked what they put on which instance


@dataclass(frozen=True, kw_only=True)
class Host:
    id: str
    group: str
    lifecycle: str          # Auto Scaling's word
    health: str             # the target group's; "" where it is no target
    why: str                # of its health
    digest: str             # of the release that runs; empty if no deployment put one there
    deployment: str


@dataclass(frozen=True, kw_only=True)
class Status:
    tier: str
    live: str               # the digest of the last release that was deployed to the end
    release: Release | None
    since: str
    active: Deployment | None
    last: Deployment | None
    hosts: Sequence[Host]
    findings: Sequence[str]


def status(door: Door, tier: Tier) -> Status:
    history = deployments.recent(door, tier, LOOK_BACK)
    good = merged(releases.good(door, tier), history)
    live = good[0].digest if good else ""
    hosts = _hosts(door, tier, history)
    active = next((each for each in history if not each.over), None)
    return Status(tier=tier.name, live=live, release=releases.read(door, tier, live) if live else None,
                  since=good[0].at if good else "", active=active, last=next((e for e in history if e.over), None),
                  hosts=hosts, findings=findings(live, active, hosts))


def findings(live: str, active: Deployment | None, hosts: Sequence[Host]) -> list[str]:
    """What somebody should look at; while a deployment runs, hosts differ, and should."""
    found = [f"{host.id} is {host.health}{f': {host.why}' if host.why else ''}" for host in hosts
             if host.health in ("unhealthy", "unavailable")]
    if not hosts:
        found.append("there are no instances")
    if active:
        return found
    if not live:
        return [*found, "nothing was ever deployed to the end"]
    return [*found, *(f"{host.id} runs {host.digest[:12] or 'no release'}, live is {live[:12]}" for host in hosts
                      if host.digest != live)]


def _hosts(door: Door, tier: Tier, history: Sequence[Deployment]) -> list[Host]:
    groups = Call("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroupNames": tier.target.colours})
    members = [(group["AutoScalingGroupName"], each) for group in door.send(groups)["AutoScalingGroups"]
               for each in group["Instances"]]
    health = Call("elbv2", "describe_target_health", {"TargetGroupArn": tier.target.target_group})
    targets = {each["Target"]["Id"]: each["TargetHealth"] for each in door.send(health)["TargetHealthDescriptions"]}
    runs = _runs(door, history, {each["InstanceId"] for _, each in members}) if members else {}
    return sorted((_host(group, each, targets, runs) for group, each in members), key=lambda host: host.id)


def _host(group: str, told: Mapping[str, Any], targets: Mapping[str, Mapping[str, Any]],
          runs: Mapping[str, Deployment]) -> Host:
    target, by = targets.get(told["InstanceId"], {}), runs.get(told["InstanceId"])
    return Host(id=told["InstanceId"], group=group, lifecycle=told["LifecycleState"], health=target.get("State", ""),
                why=target.get("Description", ""), digest=by.digest if by else "", deployment=by.id if by else "")


def _runs(door: Door, history: Sequence[Deployment], instances: set[str]) -> dict[str, Deployment]:
    """The newest deployment that ended well on each instance."""
    found: dict[str, Deployment] = {}
    for deployment in history:
        if instances <= found.keys():
            break
        for each in snapshot.take(door, deployment.id).instances:
            if each.status == SUCCEEDED and each.colour != "Blue":
                found.setdefault(each.id, deployment)
    return found
