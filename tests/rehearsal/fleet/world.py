"""A cloud and its fleet as processes of their own, and the little of AWS that a fleet of hosts needs."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import boto3

from rehearsal.cloud.gate import ACCOUNT
from rehearsal.fleet import reach
from rehearsal.fleet.reach import Reached

REGION = "ap-northeast-2"
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
USER_DATA = """#!/bin/bash
echo ran >>/var/lib/ran
at=http://169.254.169.254/latest
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $at/api/token)
curl -fsS -H "X-aws-ec2-metadata-token: $token" $at/meta-data/iam/security-credentials/host >/var/lib/keys
"""


@dataclass
class World:
    home: Path
    images: Path
    repository: Path
    cloud: subprocess.Popen[str] = field(init=False)
    fleet: subprocess.Popen[str] | None = None
    endpoint: str = ""

    def __post_init__(self) -> None:
        self.cloud = self._start("rehearsal.cloud", "--port", "0", "--state", str(self.home / "cloud"))
        assert self.cloud.stdout
        self.endpoint = self.cloud.stdout.readline().strip()
        self.state.mkdir()
        (self.state / "images").symlink_to(self.images)

    @property
    def state(self) -> Path:
        return self.home / "fleet"

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        log: IO[str] = (self.home / f"{module}.log").open("a")
        with log:
            return subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=self.repository, text=True,
                                    stdout=subprocess.PIPE, stderr=log)

    def start_fleet(self) -> None:
        self.fleet = self._start("rehearsal.fleet", "--endpoint", self.endpoint, "--state", str(self.state))

    def end_fleet(self, number: int) -> None:
        assert self.fleet
        self.fleet.send_signal(number)
        self.fleet.communicate(timeout=20)

    def end(self) -> None:
        for process in (self.fleet, self.cloud):
            if process and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=20)

    def client(self, service: str) -> Any:
        session = boto3.Session("test", "test", region_name=REGION)
        return session.client(service, endpoint_url=self.endpoint)  # type: ignore[call-overload]

    def log(self) -> str:
        return (self.home / "rehearsal.fleet.log").read_text()

    def boxes(self) -> dict[str, Reached]:
        return {box.id: box for box in reach.boxes(self.state)}

    def sh(self, box: Reached, script: str) -> str:
        command = box.command("sh", "-c", script)
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def launch(world: World, hosts: int) -> str:
    """A VPC with two subnets, a role, a template and a group; the group's security group."""
    ec2, iam = world.client("ec2"), world.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.8.{third}.0/24", AvailabilityZone=REGION + zone)["Subnet"][
        "SubnetId"] for third, zone in ((1, "a"), (2, "c"))]
    group = ec2.create_security_group(GroupName="hosts", Description="hosts", VpcId=vpc)["GroupId"]
    iam.create_role(RoleName="host", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName="host")
    iam.add_role_to_instance_profile(InstanceProfileName="host", RoleName="host")
    images = json.loads((world.repository / "rehearsal/cloud/images.json").read_text())
    template = ec2.create_launch_template(LaunchTemplateName="host", LaunchTemplateData={
        "ImageId": images[0]["ami_id"], "InstanceType": "t3.micro",
        "UserData": base64.b64encode(USER_DATA.encode()).decode(),
        "IamInstanceProfile": {"Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/host"},
        "MetadataOptions": {"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
        "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": [group], "AssociatePublicIpAddress": False}],
    })["LaunchTemplate"]["LaunchTemplateId"]
    world.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="hosts", MinSize=0, MaxSize=6, DesiredCapacity=hosts, VPCZoneIdentifier=",".join(subnets),
        LaunchTemplate={"LaunchTemplateId": template, "Version": "$Latest"},
        Tags=[{"Key": "coko:tier", "Value": "web", "PropagateAtLaunch": True, "ResourceId": "hosts",
               "ResourceType": "auto-scaling-group"}])
    return str(group)
