"""What wakes somebody: a topic with its mail addresses, and an alarm for each way the system can suffer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch, sns

from infra import iam, resource_policies
from infra.account import Account
from infra.settings.services import AlarmSettings
from infra.tier import METRICS_NAMESPACE, Tier

MINUTE = 60
GIB = 1024 ** 3


@dataclass(frozen=True, kw_only=True)
class Watch:
    """One alarm: a metric, the line it must not cross, and for how many minutes of the last few."""

    what: str
    namespace: str
    metric: str
    dimensions: Mapping[str, Input[str]]
    above: float | None = None
    below: float | None = None
    statistic: str = "Average"
    minutes: tuple[int, int] = (3, 3)       # m of the last n
    missing: str = "notBreaching"


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    account: Account
    settings: AlarmSettings
    key_arn: Input[str]
    alb_suffix: Input[str]
    nlb_suffix: Input[str]
    tiers: Mapping[str, Tier]
    maxima: Mapping[str, int]
    database: str


class Alarms(pulumi.ComponentResource):
    topic_arn: Output[str]
    deployment: dict[str, list[Output[str]]]        # per tier, the alarms that stop a deployment

    def __init__(self, name: str, args: AlarmsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("coko:infra:Alarms", name, None, opts)
        self._name, self._args = name, args
        self._child = ResourceOptions(parent=self)

        self.topic_arn = self._make_topic()
        site = self._raise(self._site(), label="site")
        fleets = {tier: self._raise(self._fleet(tier), label=tier) for tier in args.tiers}
        self._raise(self._database(), label="database")
        self.deployment = {tier: [*site, fleets[tier][0]] for tier in fleets}
        self.register_outputs({"topic_arn": self.topic_arn})

    def _make_topic(self) -> Output[str]:
        topic = sns.Topic(self._name, kms_master_key_id=self._args.key_arn, opts=self._child)
        sns.TopicPolicy(self._name, arn=topic.arn, opts=self._child, policy=iam.render(
            resource_policies.alarm_topic, topic=topic.arn, account=self._args.account.id))
        for position, address in enumerate(self._args.settings.mail):
            sns.TopicSubscription(f"{self._name}-mail-{position}", topic=topic.arn, protocol="email",
                                  endpoint=address, opts=self._child)
        return topic.arn

    def _raise(self, watches: Sequence[tuple[str, Watch]], *, label: str) -> list[Output[str]]:
        return [self._alarm(f"{self._name}-{label}-{key}", watch).name for key, watch in watches]

    def _alarm(self, name: str, watch: Watch) -> cloudwatch.MetricAlarm:
        percentile = watch.statistic.startswith("p")
        over = watch.above is not None
        breaching, window = watch.minutes
        return cloudwatch.MetricAlarm(
            name, alarm_description=watch.what, namespace=watch.namespace, metric_name=watch.metric,
            dimensions={**watch.dimensions}, period=MINUTE, evaluation_periods=window, datapoints_to_alarm=breaching,
            statistic=None if percentile else watch.statistic,
            extended_statistic=watch.statistic if percentile else None,
            threshold=watch.above if over else watch.below, treat_missing_data=watch.missing,
            comparison_operator="GreaterThanThreshold" if over else "LessThanThreshold",
            alarm_actions=[self.topic_arn], ok_actions=[self.topic_arn], opts=self._child)

    def _site(self) -> list[tuple[str, Watch]]:
        """What visitors notice, whoever's fault it is. These stop deployments of both tiers."""
        alb: dict[str, Input[str]] = {"LoadBalancer": self._args.alb_suffix}
        slow = self._args.settings.latency_ms / 1000
        return [
            ("target-errors", Watch(what="Hosts answer with 5xx", namespace="AWS/ApplicationELB", statistic="Sum",
                                    metric="HTTPCode_Target_5XX_Count", dimensions=alb, above=10, minutes=(2, 3))),
            ("balancer-errors", Watch(what="The public balancer itself answers with 5xx: no host does",
                                      namespace="AWS/ApplicationELB", statistic="Sum", dimensions=alb, above=10,
                                      metric="HTTPCode_ELB_5XX_Count", minutes=(2, 3))),
            ("latency", Watch(what=f"p95 of the answers above {slow:g} s", namespace="AWS/ApplicationELB",
                              metric="TargetResponseTime", dimensions=alb, statistic="p95", above=slow,
                              minutes=(3, 5))),
        ]

    def _fleet(self, tier: str) -> list[tuple[str, Watch]]:
        """Unhealthy hosts first: it stops that tier's deployments."""
        made = self._args.tiers[tier]
        namespace, suffix = {"web": ("AWS/ApplicationELB", self._args.alb_suffix),
                             "was": ("AWS/NetworkELB", self._args.nlb_suffix)}[tier]
        watches = [("unhealthy", Watch(
            what=f"Hosts of {tier} fail their health check", namespace=namespace, metric="UnHealthyHostCount",
            dimensions={"LoadBalancer": suffix, "TargetGroup": made.target_group.arn_suffix},
            statistic="Maximum", above=0, minutes=(3, 3)))]
        for colour, group in made.groups.items():
            watches += self._group(f"{tier} ({colour})", colour, group.name, self._args.maxima[tier])
        return watches

    def _group(self, label: str, colour: str, group: Input[str], maximum: int) -> list[tuple[str, Watch]]:
        of: dict[str, Input[str]] = {"AutoScalingGroupName": group}
        return [
            (f"{colour}-cpu", Watch(what=f"CPU of {label} above 85 %", namespace="AWS/EC2", metric="CPUUtilization",
                                    dimensions=of, above=85, minutes=(5, 5))),
            (f"{colour}-memory", Watch(what=f"Memory of {label} above 85 %", namespace=METRICS_NAMESPACE,
                                       metric="mem_used_percent", dimensions=of, above=85, minutes=(5, 5))),
            (f"{colour}-disk", Watch(what=f"Disk of {label} above 85 %", namespace=METRICS_NAMESPACE,
                                     metric="disk_used_percent", dimensions=of, above=85, statistic="Maximum",
                                     minutes=(5, 5))),
            (f"{colour}-full", Watch(what=f"{label} is at its maximum of {maximum} hosts: it cannot grow any more",
                                     namespace="AWS/AutoScaling", metric="GroupDesiredCapacity", dimensions=of,
                                     above=maximum - 0.5, statistic="Maximum", minutes=(5, 5))),
        ]

    def _database(self) -> list[tuple[str, Watch]]:
        of: dict[str, Input[str]] = {"DBInstanceIdentifier": self._args.database}
        return [
            ("cpu", Watch(what="CPU of the database above 80 %", namespace="AWS/RDS", metric="CPUUtilization",
                          dimensions=of, above=80, minutes=(5, 5))),
            ("storage", Watch(what="The database has less than 4 GiB of storage left", namespace="AWS/RDS",
                              metric="FreeStorageSpace", dimensions=of, below=4 * GIB, statistic="Minimum")),
            ("connections", Watch(what="More than 100 connections to the database", namespace="AWS/RDS",
                                  metric="DatabaseConnections", dimensions=of, above=100)),
            ("memory", Watch(what="The database has less than 100 MiB of memory left", namespace="AWS/RDS",
                             metric="FreeableMemory", dimensions=of, below=100 * 1024 ** 2, statistic="Minimum")),
        ]
