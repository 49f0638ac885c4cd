"""Settings of a tier: its hosts, how many, when to scale, how a release reaches them, when a host counts as well."""

from __future__ import annotations

from dataclasses import dataclass

from infra.settings import health
from infra.settings.health import HealthCheck
from infra.settings.network import retention
from infra.settings.reading import Reader

INSTANCE_TYPE = r"[a-z][a-z0-9-]*\.[a-z0-9-]+"
STRATEGIES = {
    "all_at_once": "CodeDeployDefault.AllAtOnce",
    "half_at_a_time": "CodeDeployDefault.HalfAtATime",
    "one_at_a_time": "CodeDeployDefault.OneAtATime",
}


@dataclass(frozen=True, kw_only=True)
class Instances:
    minimum: int
    desired: int
    maximum: int


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """`step`: two more above `high` percent of CPU, two fewer below `low`; `target`: AWS keeps CPU near `target`."""

    mode: str
    high: int
    low: int
    target: int


@dataclass(frozen=True, kw_only=True)
class TierSettings:
    instance_type: str
    instances: Instances
    scaling: Scaling
    deployment: str             # in_place | blue_green
    strategy: str               # all_at_once | half_at_a_time | one_at_a_time | percentage
    healthy_percent: int        # what `percentage` keeps in service
    health: HealthCheck
    volume_gib: int
    swap_mib: int
    log_days: int
    collectors: bool            # WAS only: runs the collectors of the public APIs

    @property
    def deployment_config(self) -> str | None:
        """CodeDeploy's own configuration, or None where the program makes one."""
        return STRATEGIES.get(self.strategy)


def read(reader: Reader, *, production: bool, allow_outage: bool, default_type: str) -> TierSettings:
    settings = TierSettings(
        instance_type=reader.text("instance_type", default_type, pattern=INSTANCE_TYPE, example="t3.small"),
        instances=_instances(reader.section("instances")),
        scaling=_scaling(reader.section("scaling")),
        deployment=reader.choice("deployment", "in_place", ("in_place", "blue_green")),
        strategy=reader.choice("strategy", "half_at_a_time", (*STRATEGIES, "percentage")),
        healthy_percent=reader.integer("healthy_percent", 75, 1, 99),
        health=health.read(reader.section("health")),
        volume_gib=reader.integer("volume_gib", 16, 8, 1024),
        swap_mib=reader.integer("swap_mib", 1024, 0, 8192),
        log_days=retention(reader, "log_days", 30),
        collectors=reader.boolean("collectors", True),
    )
    _check_strategy(reader, settings, production=production, allow_outage=allow_outage)
    reader.finish()
    return settings


def _instances(reader: Reader) -> Instances:
    counts = Instances(
        minimum=reader.integer("min", 2, 1, 100),
        desired=reader.integer("desired", 2, 1, 100),
        maximum=reader.integer("max", 4, 1, 100),
    )
    if not counts.minimum <= counts.desired <= counts.maximum:
        reader.note("desired", f"min {counts.minimum}, desired {counts.desired}, max {counts.maximum} are out of order",
                    "min <= desired <= max", f"Write `desired: {counts.minimum}` or move the bounds.")
    reader.finish()
    return counts


def _scaling(reader: Reader) -> Scaling:
    scaling = Scaling(
        mode=reader.choice("mode", "step", ("step", "target")),
        high=reader.integer("high", 70, 10, 95),
        low=reader.integer("low", 25, 1, 90),
        target=reader.integer("target", 50, 10, 90),
    )
    if scaling.low >= scaling.high:
        reader.note("low", f"{scaling.low} % is not below high ({scaling.high} %)", "low < high",
                    f"Write `low: {max(1, scaling.high // 3)}`, or the fleet would grow and shrink in turns.")
    reader.finish()
    return scaling


def _check_strategy(reader: Reader, settings: TierSettings, *, production: bool, allow_outage: bool) -> None:
    if settings.deployment != "in_place":
        return
    if settings.strategy == "all_at_once" and production and not allow_outage:
        reader.note("strategy", "'all_at_once' in place takes every host out of service at the same time: an outage",
                    "half_at_a_time, one_at_a_time or percentage on a production stack",
                    "Write `strategy: half_at_a_time`, or `allow_outage: true` under `coko:delivery` if you mean it.")
    if settings.strategy in ("half_at_a_time", "percentage") and settings.instances.minimum < 2:
        reader.note("instances.min", "with one host no deployment could keep any capacity",
                    f"at least 2 with `strategy: {settings.strategy}`",
                    "Write `min: 2`, or `strategy: one_at_a_time`.")
