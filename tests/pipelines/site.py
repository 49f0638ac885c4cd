"""A stack in small on the rehearsal's cloud and CodeDeploy service, with the real host agent for every instance.

web deploys in place to two instances, was blue/green with one. Hooks write into a directory of their instance's own.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from pipelines import package, publish, stack
from pipelines.aws import Aws
from pipelines.commit import Commit
from pipelines.publish import Published
from pipelines.stack import Tier
from pipelines.target import Target, paths
from rehearsal import processes, running
from rehearsal.home import Home

ROOT = Path(__file__).resolve().parents[2]
REGION, STACK, BUCKET = "ap-northeast-2", "small", "small-releases"
COLOURS = {"web": ["web-blue"], "was": ["was-blue", "was-green"]}
SIZES = {"web-blue": 2, "was-blue": 1, "was-green": 0}


def environment(endpoint: str) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "small", "AWS_SECRET_ACCESS_KEY": "small", "COKO_STACK": STACK}


def client(service: str) -> Any:
    make: Callable[..., Any] = boto3.client
    return make(service)


@dataclass
class Site:
    home: Path
    endpoint: str
    door: Aws = field(default_factory=Aws)
    agents: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    closed: threading.Event = field(default_factory=threading.Event)

    def tier(self, name: str) -> Tier:
        return stack.tier(self.door, STACK, name)

    def release(self, tier: str, hook: str, name: str = "") -> Published:
        """Packaged and published; `hook` is what its AfterInstall does."""
        files = {"appspec.yml": APPSPEC, "hook.sh": f"#!/bin/bash\necho {name or hook!r} >\"$HOST/release\"\n{hook}\n"}
        made = package.pack(tier, {path: text.encode() for path, text in files.items()},
                            Commit("c0ffee" * 6 + "abcd", "test", False), self.home / "bundles")
        return publish.publish(self.door, self.tier(tier), made, by="tests")

    def runs(self, group: str) -> list[str]:
        """What the hooks have left on each instance of a group."""
        found = client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
        ids = [each["InstanceId"] for each in found["AutoScalingGroups"][0]["Instances"]]
        return [(self.home / each / "release").read_text().strip() for each in ids]

    def staff(self) -> None:
        """An agent for every instance, as they come."""
        while not self.closed.wait(0.2):
            for group in client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]:
                for each in group["Instances"]:
                    if each["InstanceId"] not in self.agents:
                        self.agents[each["InstanceId"]] = self.agent(each["InstanceId"])

    def agent(self, instance: str) -> subprocess.Popen[bytes]:
        host = self.home / instance
        host.mkdir()
        words = ["run", "--root", str(host / "agent"), "--endpoint", self.endpoint, "--instance-id", instance,
                 "--poll-interval", "0.2", "--heartbeat", "0.5"]
        variables = {"PATH": os.environ["PATH"], "HOME": str(host), "HOST": str(host), **environment(self.endpoint)}
        return subprocess.Popen([sys.executable, "-m", "rehearsal.agent", *words], cwd=ROOT, env=variables,
                                stdout=subprocess.DEVNULL, stderr=(host / "agent.log").open("ab"))


APPSPEC = """version: 0.0
os: linux
hooks:
  AfterInstall:
    - location: hook.sh
      timeout: 30
"""


def parameters(targets: Mapping[str, str], groups: Mapping[str, str]) -> dict[str, str]:
    told = dict.fromkeys(paths(Target), "unused")
    told |= {"region": REGION, "application": "small", "artifact-bucket": BUCKET, "site-url": "https://small.test",
             "web/upstream": "10.0.0.9:8000"}
    for tier, colours in COLOURS.items():
        told |= {f"{tier}/deployment": "blue_green" if len(colours) > 1 else "in_place", f"{tier}/port": "80",
                 f"{tier}/deployment-group": groups[tier], f"{tier}/target-group": targets[tier],
                 f"{tier}/deployment-config": "CodeDeployDefault.AllAtOnce",
                 f"{tier}/scaling-groups": ",".join(colours)}
    return told


def build() -> None:
    """What the infrastructure program would have made, as far as deployments need it."""
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    ec2, elb, deploying = client("ec2"), client("elbv2"), client("codedeploy")
    subnet = ec2.describe_subnets()["Subnets"][0]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ec2.create_launch_template(LaunchTemplateName="host", LaunchTemplateData={"ImageId": image})
    deploying.create_application(applicationName="small", computePlatform="Server")
    targets = {}
    for tier, colours in COLOURS.items():
        made = elb.create_target_group(Name=tier, Protocol="HTTP", Port=80, VpcId=subnet["VpcId"])["TargetGroups"]
        targets[tier] = made[0]["TargetGroupArn"]
        for colour in colours:
            client("autoscaling").create_auto_scaling_group(
                AutoScalingGroupName=colour, MinSize=SIZES[colour], MaxSize=4, DesiredCapacity=SIZES[colour],
                LaunchTemplate={"LaunchTemplateName": "host"}, VPCZoneIdentifier=subnet["SubnetId"],
                TargetGroupARNs=[targets[tier]])
        deploying.create_deployment_group(**group(tier, colours))
    for path, value in parameters(targets, {tier: f"small-{tier}" for tier in COLOURS}).items():
        client("ssm").put_parameter(Name=f"/coko/{STACK}/{path}", Value=value, Type="String")


def group(tier: str, colours: list[str]) -> dict[str, Any]:
    swap = {"blueGreenDeploymentConfiguration": {
        "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT"},
        "greenFleetProvisioningOption": {"action": "DISCOVER_EXISTING"},
        "terminateBlueInstancesOnDeploymentSuccess": {"action": "KEEP_ALIVE"}}} if len(colours) > 1 else {}
    return {"applicationName": "small", "deploymentGroupName": f"small-{tier}", "autoScalingGroups": colours[:1],
            "serviceRoleArn": "arn:aws:iam::123456789012:role/deploy",
            "deploymentConfigName": "CodeDeployDefault.AllAtOnce",
            "deploymentStyle": {"deploymentType": "BLUE_GREEN" if swap else "IN_PLACE",
                                "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            "loadBalancerInfo": {"targetGroupInfoList": [{"name": tier}]},
            "autoRollbackConfiguration": {
                "enabled": True, "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"]},
            **swap}


def names_in(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.namelist()


@contextmanager
def a_site(home: Path, setenv: Callable[[str, str], None]) -> Iterator[Site]:
    where = Home(home / "rehearsal")
    where.make()
    started = running.ensure(where, port=processes.free_port(), say=lambda text: None)
    for name, value in environment(started.cloud.url).items():
        setenv(name, value)
    site = Site(home, started.cloud.url)
    staff = threading.Thread(target=site.staff, daemon=True)
    try:
        build()
        staff.start()
        yield site
    finally:
        site.closed.set()
        if staff.is_alive():
            staff.join(timeout=10)
        for agent in site.agents.values():
            agent.kill()
            agent.wait(timeout=10)
        running.stop(where)
