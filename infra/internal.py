"""The internal balancer between web and WAS: TCP through, with a security group of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import ec2, lb

from infra.connections import connect, group


@dataclass(frozen=True, kw_only=True)
class InternalBalancerArgs:
    vpc_id: Input[str]
    subnet_ids: Sequence[Input[str]]
    source: ec2.SecurityGroup
    port: int
    log_bucket: Input[str]
    deletion_protection: bool


class InternalBalancer(pulumi.ComponentResource):
    endpoint: Output[str]           # host:port, what web hosts talk to
    balancer_suffix: Output[str]

    def __init__(self, name: str, args: InternalBalancerArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("coko:infra:InternalBalancer", name, None, opts)
        self._name, self._args = name, args
        self._child = ResourceOptions(parent=self)

        self.security_group = group(f"{name}-nlb", "The internal balancer", args.vpc_id, parent=self)
        connect(f"{name}-nlb", args.source, self.security_group, args.port, "Dynamic pages", parent=self)
        self._balancer = self._make_balancer()

        self.endpoint = Output.concat(self._balancer.dns_name, f":{args.port}")
        self.balancer_suffix = self._balancer.arn_suffix
        self.register_outputs({"endpoint": self.endpoint})

    def forward(self, target_group_arn: Input[str]) -> None:
        """Everything that arrives goes to this target group."""
        lb.Listener(self._name, load_balancer_arn=self._balancer.arn, port=self._args.port, protocol="TCP",
                    default_actions=[lb.ListenerDefaultActionArgs(type="forward", target_group_arn=target_group_arn)],
                    opts=self._child)

    def _make_balancer(self) -> lb.LoadBalancer:
        return lb.LoadBalancer(
            self._name, load_balancer_type="network", internal=True, subnets=[*self._args.subnet_ids],
            security_groups=[self.security_group.id], enable_cross_zone_load_balancing=True,
            enable_deletion_protection=self._args.deletion_protection,
            access_logs=lb.LoadBalancerAccessLogsArgs(bucket=self._args.log_bucket, prefix="nlb", enabled=True),
            tags={"Name": self._name}, opts=self._child)
