"""How releases reach hosts: the CodeDeploy application and a deployment group for each tier.

Automatic rollback is CodeDeploy's alone: on a failure, an alarm, a stop. `coko rollback` is the manual one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import codedeploy
from pulumi_aws import iam as aws_iam

from infra import iam, policies
from infra.settings.tier import TierSettings
from infra.tier import Tier

ROLLBACK_ON = ("DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST")
TELL_OF = ("DeploymentFailure", "DeploymentStop", "DeploymentRollback")


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """One tier, as delivery sees it."""

    tier: Tier
    settings: TierSettings
    alarms: Sequence[Input[str]]        # names: any of them stops a deployment and rolls it back


@dataclass(frozen=True, kw_only=True)
class DeliveryArgs:
    tiers: Mapping[str, Delivered]
    topic_arn: Input[str]
    key_arn: Input[str]
    alarms_arn: str                     # this account's alarms


class Delivery(pulumi.ComponentResource):
    application: Output[str]
    groups: dict[str, Output[str]]
    group_arns: list[Output[str]]
    application_arn: Output[str]
    configs: dict[str, Output[str]]

    def __init__(self, name: str, args: DeliveryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("coko:infra:Delivery", name, None, opts)
        self._name, self._args = name, args
        self._child = ResourceOptions(parent=self)

        self._application = codedeploy.Application(name, compute_platform="Server", opts=self._child)
        role = self._make_role()
        self.configs = {tier: self._choose_config(tier, args.tiers[tier].settings) for tier in args.tiers}
        made = {tier: self._make_group(tier, delivered, role) for tier, delivered in args.tiers.items()}

        self.application, self.application_arn = self._application.name, self._application.arn
        self.groups = {tier: group.deployment_group_name for tier, group in made.items()}
        self.group_arns = [group.arn for group in made.values()]
        self.register_outputs({"application": self.application})

    def _make_role(self) -> aws_iam.Role:
        tiers = [delivered.tier for delivered in self._args.tiers.values()]
        return iam.role(self._name, service="codedeploy.amazonaws.com", parent=self, deploy=iam.render(
            policies.deploy_service, topic=self._args.topic_arn, key=self._args.key_arn, alarms=self._args.alarms_arn,
            groups=[group.arn for tier in tiers for group in tier.groups.values()],
            target_groups=[tier.target_group_arn for tier in tiers]))

    def _choose_config(self, tier: str, settings: TierSettings) -> Output[str]:
        """CodeDeploy's own configuration, or one that keeps the wanted percentage of hosts in service."""
        if settings.deployment_config:
            return Output.from_input(settings.deployment_config)
        made = codedeploy.DeploymentConfig(
            f"{self._name}-{tier}", compute_platform="Server", opts=self._child,
            minimum_healthy_hosts=codedeploy.DeploymentConfigMinimumHealthyHostsArgs(
                type="FLEET_PERCENT", value=settings.healthy_percent))
        return made.deployment_config_name

    def _make_group(self, tier: str, delivered: Delivered, role: aws_iam.Role) -> codedeploy.DeploymentGroup:
        """`autoscaling_groups` is the live colour: after a swap, `coko deploy` has changed it, and it stays changed."""
        blue_green = delivered.settings.deployment == "blue_green"
        target_group = codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupInfoArgs(
            name=delivered.tier.target_group.name)
        return codedeploy.DeploymentGroup(
            f"{self._name}-{tier}", app_name=self._application.name, deployment_group_name=f"{self._name}-{tier}",
            service_role_arn=role.arn, deployment_config_name=self.configs[tier],
            autoscaling_groups=[delivered.tier.groups["blue"].name],
            outdated_instances_strategy="UPDATE",
            deployment_style=codedeploy.DeploymentGroupDeploymentStyleArgs(
                deployment_option="WITH_TRAFFIC_CONTROL",
                deployment_type="BLUE_GREEN" if blue_green else "IN_PLACE"),
            blue_green_deployment_config=_swap() if blue_green else None,
            load_balancer_info=codedeploy.DeploymentGroupLoadBalancerInfoArgs(target_group_infos=[target_group]),
            auto_rollback_configuration=codedeploy.DeploymentGroupAutoRollbackConfigurationArgs(
                enabled=True, events=[*ROLLBACK_ON]),
            alarm_configuration=codedeploy.DeploymentGroupAlarmConfigurationArgs(
                enabled=True, alarms=[*delivered.alarms], ignore_poll_alarm_failure=False),
            trigger_configurations=[codedeploy.DeploymentGroupTriggerConfigurationArgs(
                trigger_name="on-call", trigger_target_arn=self._args.topic_arn, trigger_events=[*TELL_OF])],
            opts=ResourceOptions(parent=self, ignore_changes=["autoscaling_groups"] if blue_green else None))


def _swap() -> codedeploy.DeploymentGroupBlueGreenDeploymentConfigArgs:
    """Both colours are the program's: CodeDeploy finds the green one, and never makes or ends an instance."""
    return codedeploy.DeploymentGroupBlueGreenDeploymentConfigArgs(
        deployment_ready_option=codedeploy.DeploymentGroupBlueGreenDeploymentConfigDeploymentReadyOptionArgs(
            action_on_timeout="CONTINUE_DEPLOYMENT"),
        green_fleet_provisioning_option=(
            codedeploy.DeploymentGroupBlueGreenDeploymentConfigGreenFleetProvisioningOptionArgs(
                action="DISCOVER_EXISTING")),
        terminate_blue_instances_on_deployment_success=(
            codedeploy.DeploymentGroupBlueGreenDeploymentConfigTerminateBlueInstancesOnDeploymentSuccessArgs(
                action="KEEP_ALIVE")))
