"""Jenkins: one private host with its data on a volume of its own, reachable through the public balancer's TLS alone.

It can publish and deploy releases and nothing else. Its configuration (jenkins/) travels as a versioned object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch, ebs, ec2, lb, s3
from pulumi_aws import iam as aws_iam

from infra import host, iam, policies
from infra.account import Account
from infra.connections import connect, group, reach_out
from infra.delivery import Delivery
from infra.edge import Edge
from infra.settings.services import HostSettings, JenkinsSettings
from infra.tier import METRICS_NAMESPACE, Tier

PORT = 8080
DATA_DEVICE = "/dev/sdf"
CONFIGURATION = Path(__file__).resolve().parent.parent / "jenkins"
WEBHOOK_PATH = "/github-webhook/"


@dataclass(frozen=True, kw_only=True)
class JenkinsArgs:
    stack: str
    account: Account
    settings: JenkinsSettings
    hosts: HostSettings
    vpc_id: Input[str]
    subnet_id: Input[str]
    zone: str                       # the subnet's: the data volume must never depend on the instance
    protect_data: bool
    edge: Edge
    host_name: str
    delivery: Delivery
    tiers: Sequence[Tier]
    bucket: Input[str]
    bucket_arn: Input[str]
    key_arn: Input[str]
    log_days: int


class Jenkins(pulumi.ComponentResource):
    instance_id: Output[str]

    def __init__(self, name: str, args: JenkinsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("coko:infra:Jenkins", name, None, opts)
        self._name, self._args = name, args
        self._child = ResourceOptions(parent=self)

        self.security_group = self._make_security_group()
        self._logs = cloudwatch.LogGroup(name, name=f"/coko/{args.stack}/jenkins", kms_key_id=args.key_arn,
                                         retention_in_days=args.log_days, opts=self._child)
        self.role = self._make_role()
        self._configuration = self._upload_configuration()
        self.instance = self._make_instance()
        self._publish()

        self.instance_id = self.instance.id
        self.register_outputs({"instance_id": self.instance_id})

    def _make_security_group(self) -> ec2.SecurityGroup:
        access = group(self._name, "Jenkins", self._args.vpc_id, parent=self)
        connect(f"{self._name}-traffic", self._args.edge.security_group, access, PORT, "Webhooks and its pages",
                parent=self)
        reach_out(f"{self._name}-out-443", access, 443, "AWS, the code host, packages", parent=self)
        reach_out(f"{self._name}-out-80", access, 80, "Packages", parent=self)
        return access

    def _make_role(self) -> aws_iam.Role:
        args, account = self._args, self._args.account
        return iam.role(
            self._name, service="ec2.amazonaws.com", parent=self,
            sessions=iam.render(policies.session_manager),
            telemetry=iam.render(policies.telemetry, log_groups=[self._logs.arn], namespace=METRICS_NAMESPACE),
            delivery=iam.render(
                policies.jenkins_delivery, bucket=args.bucket_arn, key=args.key_arn,
                application=args.delivery.application_arn, groups=args.delivery.group_arns,
                configs=[config.apply(self._config_arn) for config in args.delivery.configs.values()],
                parameters=account.arn("ssm", f"parameter/coko/{args.stack}/*"),
                releases=account.arn("ssm", f"parameter/coko/{args.stack}/releases/*"),
                alarms=account.arn("cloudwatch", "alarm:*"),
                scaling_groups=[fleet.arn for tier in args.tiers for fleet in tier.groups.values()]),
            host_keys=iam.render(policies.publish_host_keys,
                                 parameter=account.arn("ssm", f"parameter/coko/{args.stack}/hosts/*")))

    def _config_arn(self, config: str) -> str:
        return self._args.account.arn("codedeploy", f"deploymentconfig:{config}")

    def _upload_configuration(self) -> s3.BucketObjectv2:
        return s3.BucketObjectv2(
            f"{self._name}-configuration", bucket=self._args.bucket, key="jenkins/configuration.zip",
            source=pulumi.FileArchive(str(CONFIGURATION)), content_type="application/zip", opts=self._child)

    def _user_data(self, version: str, bucket: str) -> str:
        args = self._args
        return host.render_user_data("first_boot_jenkins.sh", {
            "COKO_STACK": args.stack, "COKO_TIER": "jenkins", "AWS_REGION": args.account.region,
            "COKO_LOG_GROUP_PREFIX": f"/coko/{args.stack}", "COKO_SWAP_MIB": str(args.settings.swap_mib),
            "JENKINS_VERSION": args.settings.version, "JENKINS_CONFIG_BUCKET": bucket,
            "JENKINS_CONFIG_KEY": "jenkins/configuration.zip", "JENKINS_CONFIG_VERSION": version,
            "JENKINS_DATA_DEVICE": DATA_DEVICE, "JENKINS_URL": f"https://{args.host_name}/",
        })

    def _make_instance(self) -> ec2.Instance:
        """A new configuration or version makes a new host; its data volume is kept and moves over."""
        args, settings = self._args, self._args.settings
        user_data = Output.all(self._configuration.version_id, args.bucket).apply(lambda made: self._user_data(*made))
        instance = ec2.Instance(
            self._name, ami=host.find_image(args.hosts.ami, settings.instance_type, parent=self),
            instance_type=settings.instance_type, subnet_id=args.subnet_id, ebs_optimized=True, monitoring=True,
            vpc_security_group_ids=[self.security_group.id], associate_public_ip_address=False,
            iam_instance_profile=aws_iam.InstanceProfile(self._name, role=self.role.name, opts=self._child).name,
            metadata_options=ec2.InstanceMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1,
                instance_metadata_tags="enabled"),
            root_block_device=ec2.InstanceRootBlockDeviceArgs(volume_type="gp3", volume_size=16, encrypted=True),
            user_data_base64=user_data, user_data_replace_on_change=True,
            tags={"Name": self._name, "coko:tier": "jenkins"},
            # One volume cannot be at two hosts: the old one goes first.
            opts=ResourceOptions(parent=self, delete_before_replace=True))
        self._attach_data(instance)
        return instance

    def _attach_data(self, instance: ec2.Instance) -> None:
        volume = ebs.Volume(self._name, availability_zone=self._args.zone, type="gp3", encrypted=True,
                            size=self._args.settings.volume_gib, tags={"Name": f"{self._name}-data"},
                            opts=ResourceOptions(parent=self, protect=self._args.protect_data))
        ec2.VolumeAttachment(self._name, device_name=DATA_DEVICE, volume_id=volume.id, instance_id=instance.id,
                             stop_instance_before_detaching=True, opts=self._child)

    def _publish(self) -> None:
        """Webhooks from the code host's ranges, everything else from the administrators'; nobody otherwise."""
        args = self._args
        target = lb.TargetGroup(
            self._name, vpc_id=args.vpc_id, port=PORT, protocol="HTTP", target_type="instance",
            deregistration_delay=10, health_check=lb.TargetGroupHealthCheckArgs(
                enabled=True, protocol="HTTP", path="/login", port="traffic-port", matcher="200", interval=15,
                timeout=5, healthy_threshold=2, unhealthy_threshold=5), tags={"Name": self._name}, opts=self._child)
        lb.TargetGroupAttachment(self._name, target_group_arn=target.arn, target_id=self.instance.id, port=PORT,
                                 opts=self._child)
        if args.settings.webhook_networks:
            args.edge.route("webhook", 10, target.arn, host=args.host_name, paths=[WEBHOOK_PATH],
                            sources=args.settings.webhook_networks)
        if args.settings.admin_networks:
            args.edge.route("jenkins", 20, target.arn, host=args.host_name, sources=args.settings.admin_networks)
