"""Blue/green: which colour is live, what the idle one needs before a deployment, what is left to do after it.

Live is the colour whose instances the target group has; that is asked every time and stored nowhere. Everything here
may be interrupted anywhere: the next `coko deploy` or `coko watch` looks again and does what is still missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines import deployments
from pipelines.door import Call, Clock, Door
from pipelines.errors import ExitCode, Failure
from pipelines.stack import Tier

HELD_BACK = "AddToLoadBalancer"     # suspended while a colour is not live: CodeDeploy registers it, nobody else
BOOT_LIMIT = 900.0
PAUSE = 3.0


@dataclass(frozen=True, kw_only=True)
class Colour:
    name: str
    minimum: int
    desired: int
    maximum: int
    in_service: int
    registered: int         # instances that the target group sends traffic to, or is about to
    suspended: bool


def look(door: Door, tier: Tier) -> list[Colour]:
    members = Call("elbv2", "describe_target_health", {"TargetGroupArn": tier.target.target_group})
    serving = {each["Target"]["Id"] for each in door.send(members)["TargetHealthDescriptions"]
               if each["TargetHealth"]["State"] != "draining"}
    groups = Call("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroupNames": tier.target.colours})
    by_name = {each["AutoScalingGroupName"]: each for each in door.send(groups)["AutoScalingGroups"]}
    missing = [name for name in tier.target.colours if name not in by_name]
    if missing:
        raise Failure(f"the colours of {tier.name} are not there: {', '.join(missing)}", exit_code=ExitCode.REFUSED,
                      why="the stack says that these Auto Scaling groups are its",
                      next=f"pulumi up --stack {tier.stack}")
    return [_read(by_name[name], serving) for name in tier.target.colours]


def _read(group: dict[str, object], serving: set[str]) -> Colour:
    instances: list[dict[str, str]] = group["Instances"]  # type: ignore[assignment]
    suspended: list[dict[str, str]] = group.get("SuspendedProcesses") or []  # type: ignore[assignment]
    return Colour(
        name=str(group["AutoScalingGroupName"]), minimum=int(str(group["MinSize"])),
        desired=int(str(group["DesiredCapacity"])), maximum=int(str(group["MaxSize"])),
        in_service=sum(each["LifecycleState"] == "InService" for each in instances),
        registered=sum(each["InstanceId"] in serving for each in instances),
        suspended=any(each["ProcessName"] == HELD_BACK for each in suspended))


def live_and_idle(colours: Sequence[Colour]) -> tuple[Colour, Colour] | None:
    """None while both have traffic, or neither and nothing tells them apart."""
    for key in ("registered", "in_service", "desired"):
        with_some = [each for each in colours if getattr(each, key)]
        if len(with_some) == 1:
            live = with_some[0]
            return live, next(each for each in colours if each is not live)
        if with_some:
            return None
    return None


def ready(live: Colour, idle: Colour) -> list[Call]:
    """The idle colour as large as the live one, and out of the target group until CodeDeploy puts it there."""
    size = max(live.desired, 1)
    calls = [] if idle.suspended else [_process("suspend_processes", idle)]
    if idle.desired < size or idle.minimum < live.minimum:
        calls.append(resize(idle.name, minimum=live.minimum, desired=max(size, idle.desired)))
    return calls


def settled(tier: Tier, live: Colour, idle: Colour, group_names: Sequence[str]) -> list[Call]:
    """After a deployment, however it ended: what is live is the group's, scales by itself; the other one is empty."""
    calls = [_process("resume_processes", live)] if live.suspended else []
    if list(group_names) != [live.name]:
        calls.append(Call("codedeploy", "update_deployment_group", {
            "applicationName": tier.application, "currentDeploymentGroupName": tier.group,
            "autoScalingGroups": [live.name]}))
    if idle.minimum or idle.desired:
        calls.append(resize(idle.name, minimum=0, desired=0))
    return [*calls, *([_process("resume_processes", idle)] if idle.suspended else [])]


def resize(name: str, *, minimum: int, desired: int) -> Call:
    return Call("autoscaling", "update_auto_scaling_group", {
        "AutoScalingGroupName": name, "MinSize": minimum, "DesiredCapacity": desired})


def _process(operation: str, colour: Colour) -> Call:
    return Call("autoscaling", operation, {"AutoScalingGroupName": colour.name, "ScalingProcesses": [HELD_BACK]})


def make_ready(door: Door, tier: Tier, clock: Clock, limit: float = BOOT_LIMIT) -> str:
    """The name of the colour to deploy to, once its instances run."""
    pair = live_and_idle(look(door, tier))
    if pair is None:
        raise _unclear(tier)
    live, idle = pair
    for call in ready(live, idle):
        door.send(call)
    deadline = clock.now() + limit
    while True:
        now = next(each for each in look(door, tier) if each.name == idle.name)
        if now.in_service >= max(now.desired, 1):
            return idle.name
        if clock.now() >= deadline:
            raise Failure(f"{idle.name} did not get its {now.desired} instances", next="the same command again",
                          why=f"{now.in_service} were in service after {limit:.0f} s; see its activities")
        clock.sleep(PAUSE)


def settle(door: Door, tier: Tier) -> list[Call]:
    """Do what is left; what it did. Nothing while a deployment runs, and nothing where it is not clear who is live."""
    pair = live_and_idle(look(door, tier))
    if pair is None or deployments.active(door, tier):
        return []
    group = deployments.group_info(door, tier)
    calls = settled(tier, *pair, [each["name"] for each in group.get("autoScalingGroups") or []])
    for call in calls:
        door.send(call)
    return calls


def _unclear(tier: Tier) -> Failure:
    return Failure(f"it is not clear which colour of {tier.name} is live", exit_code=ExitCode.REFUSED,
                   why="the target group has instances of both, or no colour has any",
                   next=f"aws elbv2 describe-target-health --target-group-arn {tier.target.target_group}")
