"""Auto Scaling groups: spread over zones, judged by the balancer, renewed without a gap, never down to one host."""

from __future__ import annotations

from infra.policy import kinds
from infra.policy.rule import Findings, Pack, Subject
from infra.policy.rules.network import zones_of

FLEETS = Pack("ASG")
SHORTEST_GRACE = 60         # seconds that a host needs at the very least until a health check is fair
METRICS = {"GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize"}


def is_served(group: Subject) -> bool:
    """Whether a fleet stands behind this target group."""
    return bool(members(group))


def members(target_group: Subject) -> list[Subject]:
    return [fleet for fleet in target_group.others(kinds.GROUP) if target_group.arn in (fleet["targetGroupArns"] or [])]


@FLEETS.rule(1, "Fleets behind a balancer are judged by its health checks", severity="low", controls=("AutoScaling.1",),
             of=kinds.GROUP, where=lambda fleet: bool(fleet["targetGroupArns"]))
def health_comes_from_the_balancer(fleet: Subject) -> Findings:
    if fleet["healthCheckType"] != "ELB":
        yield fleet.finding("keeps hosts that run but do not answer", fix='health_check_type="ELB"')


@FLEETS.rule(2, "Fleets span two zones at least", severity="medium", controls=("AutoScaling.2",), of=kinds.GROUP)
def fleets_survive_a_zone(fleet: Subject) -> Findings:
    if len(zones_of(fleet, fleet["vpcZoneIdentifiers"])) < 2:
        yield fleet.finding("has all its hosts in one zone", fix="vpc_zone_identifiers with a subnet of each zone")


@FLEETS.rule(3, "Fleets are made from launch templates", severity="medium", controls=("AutoScaling.9",), of=kinds.GROUP)
def templates_not_configurations(fleet: Subject) -> Findings:
    if fleet["launchConfiguration"] or not fleet["launchTemplate"]:
        yield fleet.finding("uses a launch configuration, or nothing", fix="launch_template")


@FLEETS.rule(4, "Fleets follow one version of their template, which a preview shows", severity="low", controls=None,
             of=kinds.GROUP)
def versions_are_pinned(fleet: Subject) -> Findings:
    version = str((fleet["launchTemplate"] or {}).get("version", "$Default"))
    if version.startswith("$"):
        yield fleet.finding(f"follows {version}: changes arrive unseen", fix="version=template.latest_version")


@FLEETS.rule(5, "A new template reaches running hosts without a gap, or not at all", severity="medium", controls=None,
             of=kinds.GROUP)
def refreshes_are_safe(fleet: Subject) -> Findings:
    refresh = fleet["instanceRefresh"] or {}
    wanted = refresh.get("preferences") or {}
    if not refresh or not wanted.get("autoRollback") or wanted.get("minHealthyPercentage", 0) < 90:
        yield fleet.finding("renews its hosts at the cost of capacity, or never",
                            fix="instance_refresh with min_healthy_percentage=100 and auto_rollback=True")


@FLEETS.rule(6, "Hosts carry the stack's tags", severity="low", controls=("AutoScaling.10",), of=kinds.GROUP)
def tags_reach_hosts(fleet: Subject) -> Findings:
    """The provider's default tags stop at the group: only propagated ones reach its hosts."""
    carried = {tag["key"]: tag["value"] for tag in fleet["tags"] or [] if tag.get("propagateAtLaunch")}
    wanted = {**fleet.program.settings.tags, "Name": None}
    missing = [key for key, value in wanted.items() if key not in carried or value not in (None, carried[key])]
    if missing:
        yield fleet.finding(f"gives its hosts no {', '.join(missing)}", fix="tags with propagate_at_launch=True")


@FLEETS.rule(7, "A tier of a production stack has two hosts at least", severity="high", controls=None,
             of=kinds.TARGET_GROUP, where=is_served, production_only=True)
def tiers_are_never_alone(tier: Subject) -> Findings:
    hosts = sum(fleet["minSize"] for fleet in members(tier))
    if hosts < 2:
        yield tier.finding(f"may shrink to {hosts} host(s)", fix="instances: {min: 2} for that tier")


@FLEETS.rule(8, "New hosts get time before they are judged", severity="medium", controls=None, of=kinds.GROUP)
def new_hosts_get_time(fleet: Subject) -> Findings:
    if (fleet["healthCheckGracePeriod"] or 0) < SHORTEST_GRACE:
        yield fleet.finding("ends hosts that are still booting, for ever", fix="health_check_grace_period=300")


@FLEETS.rule(9, "Fleets grow and shrink by themselves", severity="low", controls=None, of=kinds.GROUP)
def fleets_scale(fleet: Subject) -> Findings:
    name = fleet.resource.outputs.get("name")
    if fleet.first(kinds.SCALING_POLICY, autoscalingGroupName=name) is None:
        yield fleet.finding("keeps its size whatever happens", fix="scaling.scale()")


@FLEETS.rule(10, "Fleets report their size", severity="low", controls=None, of=kinds.GROUP)
def sizes_are_reported(fleet: Subject) -> Findings:
    missing = METRICS - set(fleet["enabledMetrics"] or [])
    if missing:
        yield fleet.finding(f"does not report {', '.join(sorted(missing))}", fix="enabled_metrics")
