"""A tier: hosts of one kind behind a balancer. Web and WAS are the same component with different arguments.

In place, one Auto Scaling group receives every release. Blue/green, there are two (colours) and one target group: a
deployment fills the idle colour and swaps. What a swap changes belongs to `coko deploy` and is ignored here, so that
a preview after any number of swaps is empty (docs/decisions/0004).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import autoscaling, cloudwatch, ec2, lb
from pulumi_aws import iam as aws_iam

from infra import host, iam, policies
from infra.account import Account
from infra.connections import connect, group, reach_out
from infra.scaling import scale
from infra.settings.services import HostSettings
from infra.settings.tier import TierSettings

METRICS_NAMESPACE = "COKO"
COLOURS = {"in_place": ("blue",), "blue_green": ("blue", "green")}
SWAPPED = ["desired_capacity", "min_size", "suspended_processes"]      # what a deployment changes on a colour
BOOT_GRACE = 300                # seconds for first boot and the release before the balancer's verdict counts
GROUP_METRICS: list[Any] = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupTotalInstances"]


@dataclass(frozen=True, kw_only=True)
class TierArgs:
    tier: str                       # web | was
    stack: str
    tags: Mapping[str, str]         # the stack's: instances do not get the provider's default tags
    account: Account
    settings: TierSettings
    hosts: HostSettings
    vpc_id: Input[str]
    subnet_ids: Sequence[Input[str]]
    peer: ec2.SecurityGroup         # who sends the traffic
    port: int
    protocol: str                   # HTTP behind the ALB, TCP behind the NLB
    health_path: str
    outbound: dict[int, str]        # port -> what for
    parameters: Sequence[str]       # which of the stack's parameters its hosts may read
    bucket_arn: Input[str]
    key_arn: Input[str]


class Tier(pulumi.ComponentResource):
    groups: dict[str, autoscaling.Group]
    group_names: list[Output[str]]
    target_group_arn: Output[str]
    tier: str
    log_group: str

    def __init__(self, name: str, args: TierArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("coko:infra:Tier", name, None, opts)
        self._name, self._args = name, args
        self._child = ResourceOptions(parent=self)
        self.tier, self.log_group = args.tier, f"/coko/{args.stack}/{args.tier}"

        self.security_group = self._make_security_group()
        self._logs = self._make_log_group()
        self.role = self._make_role()
        self.target_group = self._make_target_group()
        template = self._make_template()
        self.groups = {colour: self._make_group(colour, template) for colour in COLOURS[args.settings.deployment]}
        for colour, fleet in self.groups.items():
            scale(f"{name}-{colour}", fleet, args.settings.scaling, parent=self)

        self.group_names = [fleet.name for fleet in self.groups.values()]
        self.target_group_arn = self.target_group.arn
        self.register_outputs({"target_group_arn": self.target_group_arn})

    def allow(self, grant: str, document: Input[str]) -> None:
        """Give this tier's hosts one more permission, such as another component's secret."""
        iam.allow(f"{self._name}-{grant}", self.role, document, parent=self)

    def _make_security_group(self) -> ec2.SecurityGroup:
        args = self._args
        access = group(self._name, f"Hosts of the {args.tier} tier", args.vpc_id, parent=self)
        connect(f"{self._name}-traffic", args.peer, access, args.port, "Traffic and health checks", parent=self)
        for port, what in args.outbound.items():
            reach_out(f"{self._name}-out-{port}", access, port, what, parent=self)
        return access

    def _make_log_group(self) -> cloudwatch.LogGroup:
        return cloudwatch.LogGroup(self._name, name=self.log_group, kms_key_id=self._args.key_arn,
                                   retention_in_days=self._args.settings.log_days, opts=self._child)

    def _make_role(self) -> aws_iam.Role:
        args, stack = self._args, self._args.stack
        region = args.account.region
        parameters = [args.account.arn("ssm", f"parameter/coko/{stack}/{path}") for path in args.parameters]
        host_keys = args.account.arn("ssm", f"parameter/coko/{stack}/hosts/*")
        return iam.role(
            self._name, service="ec2.amazonaws.com", parent=self,
            sessions=iam.render(policies.session_manager),
            telemetry=iam.render(policies.telemetry, log_groups=[self._logs.arn], namespace=METRICS_NAMESPACE),
            releases=iam.render(policies.fetch_releases, bucket=args.bucket_arn, tier=args.tier, key=args.key_arn,
                                agent_bucket=f"arn:{args.account.partition}:s3:::aws-codedeploy-{region}"),
            settings=iam.render(policies.read_settings, parameters=parameters),
            host_keys=iam.render(policies.publish_host_keys, parameter=host_keys))

    def _make_target_group(self) -> lb.TargetGroup:
        args, check = self._args, self._args.settings.health
        return lb.TargetGroup(
            self._name, vpc_id=args.vpc_id, port=args.port, protocol=args.protocol, target_type="instance",
            deregistration_delay=check.deregistration_delay,
            # Client addresses stay with the balancer: hosts answer to its security group alone.
            preserve_client_ip="false" if args.protocol == "TCP" else None,
            health_check=lb.TargetGroupHealthCheckArgs(
                enabled=True, protocol="HTTP", path=args.health_path, port="traffic-port", matcher="200",
                interval=check.interval, timeout=check.timeout, healthy_threshold=check.healthy,
                unhealthy_threshold=check.unhealthy),
            tags={"Name": self._name}, opts=self._child)

    def _make_template(self) -> ec2.LaunchTemplate:
        args, settings = self._args, self._args.settings
        exports = {
            "COKO_STACK": args.stack, "COKO_TIER": args.tier, "AWS_REGION": args.account.region,
            "CODEDEPLOY_AGENT_VERSION": args.hosts.codedeploy_agent, "COKO_SWAP_MIB": str(settings.swap_mib),
            "COKO_LOG_GROUP_PREFIX": f"/coko/{args.stack}", "COKO_HEALTH_PATH": args.health_path,
        }
        return host.launch_template(self._name, host.HostArgs(
            instance_type=settings.instance_type, volume_gib=settings.volume_gib,
            image=host.find_image(args.hosts.ami, settings.instance_type, parent=self),
            user_data=host.render_user_data("first_boot.sh", exports),
            security_group_id=self.security_group.id,
            profile=aws_iam.InstanceProfile(self._name, role=self.role.name, opts=self._child),
            tags={**args.tags, "Name": self._name, "coko:tier": args.tier},
        ), parent=self)

    def _make_group(self, colour: str, template: ec2.LaunchTemplate) -> autoscaling.Group:
        """The first colour starts with the tier's hosts; a second one starts empty and idle."""
        args, count = self._args, self._args.settings.instances
        name, live = f"{self._name}-{colour}", colour == "blue"
        return autoscaling.Group(
            name, vpc_zone_identifiers=[*args.subnet_ids], target_group_arns=[self.target_group.arn],
            min_size=count.minimum if live else 0, max_size=count.maximum,
            desired_capacity=count.desired if live else 0,
            launch_template=autoscaling.GroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)),
            health_check_type="ELB", health_check_grace_period=BOOT_GRACE, default_instance_warmup=60,
            wait_for_capacity_timeout="0", enabled_metrics=GROUP_METRICS, metrics_granularity="1Minute",
            # A new launch template reaches running hosts by itself; launch before terminate, undone if it fails.
            instance_refresh=autoscaling.GroupInstanceRefreshArgs(
                strategy="Rolling", preferences=autoscaling.GroupInstanceRefreshPreferencesArgs(
                    min_healthy_percentage=100, max_healthy_percentage=150, auto_rollback=True, skip_matching=True)),
            tags=[autoscaling.GroupTagArgs(key=key, value=value, propagate_at_launch=True)
                  for key, value in self._instance_tags(colour).items()],
            opts=ResourceOptions(parent=self, ignore_changes=self._owned_by_others()))

    def _instance_tags(self, colour: str) -> dict[str, str]:
        return {**self._args.tags, "Name": f"{self._name}-{colour}", "coko:tier": self._args.tier,
                "coko:colour": colour}

    def _owned_by_others(self) -> list[str]:
        """Scaling policies move the desired size; blue/green deployments move three fields."""
        return SWAPPED if self._args.settings.deployment == "blue_green" else ["desired_capacity"]
