"""The rehearsal's cloud, as boto3 sees it: a process of its own, asked over HTTP."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parents[3]
REGION, ACCOUNT = "ap-northeast-2", "123456789012"
UBUNTU = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
T = TypeVar("T")


class Clients:
    """boto3 clients of one endpoint, made once each: `aws.ec2`. They never try again: an error shows at once."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._made: dict[str, Any] = {}
        self._numbers = itertools.count(1)
        self._session = boto3.Session(aws_access_key_id="rehearsal", aws_secret_access_key="rehearsal",
                                      region_name=REGION)

    def __getattr__(self, service: str) -> Any:
        if service not in self._made:
            make: Callable[..., Any] = self._session.client
            self._made[service] = make(service, endpoint_url=self.endpoint,
                                       config=Config(retries={"max_attempts": 0}, read_timeout=20))
        return self._made[service]

    def name(self, word: str) -> str:
        """One that no other test uses."""
        return f"{word}-{next(self._numbers)}"


class Cloud:
    """One process of `python -m rehearsal.cloud`."""

    def __init__(self, state: Path, *words: str) -> None:
        self.state = state
        self.log = state.with_suffix(".log")
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "rehearsal.cloud", "--port", "0", "--state", str(state), *words],
                cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ})
        assert self.process.stdout
        self.endpoint = self.process.stdout.readline().strip()
        self.aws = Clients(self.endpoint)

    def stop(self, number: int = signal.SIGTERM) -> str:
        """End it; what it had to complain of."""
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.log.read_text()


def code_of(call: Callable[[], object]) -> str:
    """The error code that a call answers."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    raise AssertionError("the call was answered")


def until(ready: Callable[[], T | None], seconds: float = 15) -> T:
    """What it answers, once it does."""
    end = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)
    return found


class Network:
    """A VPC with two subnets in each of two zones, and a group."""

    def __init__(self, aws: Clients) -> None:
        ec2 = aws.ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        made = [ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"{REGION}{zone}")
                for i, zone in enumerate("acac")]
        self.subnets = [subnet["Subnet"]["SubnetId"] for subnet in made]
        self.group = ec2.create_security_group(GroupName="hosts", Description="hosts", VpcId=self.vpc)["GroupId"]


def image(aws: Clients) -> str:
    return str(aws.ssm.get_parameter(Name=UBUNTU)["Parameter"]["Value"])


def template(aws: Clients, **data: Any) -> str:
    made = aws.ec2.create_launch_template(LaunchTemplateName=aws.name("template"), LaunchTemplateData={
        "ImageId": image(aws), "InstanceType": "t3.small", "UserData": "IyEvYmluL3No", **data})
    return str(made["LaunchTemplate"]["LaunchTemplateId"])
