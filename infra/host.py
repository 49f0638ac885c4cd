"""What one host of a fleet is: its image, its first boot, its disk, its metadata rules."""

from __future__ import annotations

import base64
import gzip
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi import Input, ResourceOptions
from pulumi_aws import ec2, iam, ssm

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
COMMON = ("_lib.sh", "_first_boot.sh")      # before every host's own script
ROOT_DEVICE = "/dev/sda1"
USER_DATA_LIMIT = 16 * 1024         # EC2's, for what it is given before base64

# Canonical keeps the newest Ubuntu 24.04 image behind these public parameters.
UBUNTU = "/aws/service/canonical/ubuntu/server/24.04/stable/current/{}/hvm/ebs-gp3/ami-id"
GRAVITON = re.compile(r"[a-z]+\d+g[a-z]*\.")


def image_parameter(instance_type: str) -> str:
    return UBUNTU.format("arm64" if GRAVITON.match(instance_type) else "amd64")


def find_image(pinned: str | None, instance_type: str, *, parent: pulumi.Resource) -> str:
    if pinned:
        return pinned
    return ssm.get_parameter(name=image_parameter(instance_type), opts=pulumi.InvokeOptions(parent=parent)).value


def render_user_data(script: str, exports: Mapping[str, str]) -> str:
    """First boot's script with its settings before it. Never a secret: user data can be read on the host by anybody."""
    settings = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in exports.items())
    text = "#!/usr/bin/env bash\n" + settings + "".join((SCRIPTS / part).read_text() for part in (*COMMON, script))
    packed = gzip.compress(text.encode(), mtime=0)      # cloud-init unpacks it; the same text gives the same bytes
    if len(packed) > USER_DATA_LIMIT:
        raise ValueError(f"scripts/{script} packs to {len(packed)} bytes; EC2 takes {USER_DATA_LIMIT}")
    return base64.b64encode(packed).decode()


@dataclass(frozen=True, kw_only=True)
class HostArgs:
    instance_type: str
    image: str
    user_data: str                          # base64 of gzip, as rendered above
    volume_gib: int
    security_group_id: Input[str]
    profile: iam.InstanceProfile
    tags: Mapping[str, str]


def launch_template(name: str, args: HostArgs, *, parent: pulumi.Resource) -> ec2.LaunchTemplate:
    return ec2.LaunchTemplate(
        name, image_id=args.image, instance_type=args.instance_type, user_data=args.user_data,
        update_default_version=True, ebs_optimized="true",
        iam_instance_profile=ec2.LaunchTemplateIamInstanceProfileArgs(arn=args.profile.arn),
        metadata_options=ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1,
            instance_metadata_tags="enabled"),
        monitoring=ec2.LaunchTemplateMonitoringArgs(enabled=True),
        block_device_mappings=[ec2.LaunchTemplateBlockDeviceMappingArgs(
            device_name=ROOT_DEVICE, ebs=ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                volume_type="gp3", volume_size=args.volume_gib, encrypted="true", delete_on_termination="true"))],
        network_interfaces=[ec2.LaunchTemplateNetworkInterfaceArgs(
            associate_public_ip_address="false", security_groups=[args.security_group_id],
            delete_on_termination="true")],
        # Instances get their tags from the group (propagate_at_launch); their volumes only from here.
        tag_specifications=[ec2.LaunchTemplateTagSpecificationArgs(resource_type="volume", tags={**args.tags})],
        opts=ResourceOptions(parent=parent))
