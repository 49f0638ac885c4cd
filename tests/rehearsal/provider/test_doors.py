"""Both doors make the same things: one program through Pulumi's own CLI and through the engine, compared at the API."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rehearsal.provider as engine
from pipelines.errors import ExitCode, Failure
from rehearsal.provider import cli, render
from rehearsal.provider.aws import Aws
from rehearsal.provider.drift import drift
from tests.rehearsal.provider import Trial, done, known

PROGRAM = """
label = config.require("label")
trust = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
class Network(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("trial:index:Network", name, None, use)
        child = ResourceOptions(parent=self)
        self.vpc = ec2.Vpc(name, cidr_block="10.40.0.0/16", enable_dns_hostnames=True, tags={"Name": label}, opts=child)
        gateway = ec2.InternetGateway(name, vpc_id=self.vpc.id, opts=child)
        table = ec2.RouteTable(name, vpc_id=self.vpc.id, tags={"Name": label}, opts=child)
        ec2.Route(name, route_table_id=table.id, destination_cidr_block="0.0.0.0/0", gateway_id=gateway.id, opts=child)
        zones = get_availability_zones(state="available", opts=pulumi.InvokeOptions(parent=self)).names[:2]
        for n, zone in enumerate(zones):
            subnet = ec2.Subnet(f"{name}-{n}", vpc_id=self.vpc.id, cidr_block=f"10.40.{n}.0/24", availability_zone=zone,
                                map_public_ip_on_launch=n == 0, opts=child)
            ec2.RouteTableAssociation(f"{name}-{n}", route_table_id=table.id, subnet_id=subnet.id, opts=child)
        self.register_outputs({})
net = Network("net")
group = ec2.SecurityGroup("group", vpc_id=net.vpc.id, description="doors", opts=use)
vpc.SecurityGroupIngressRule("in", security_group_id=group.id, cidr_ipv4="10.40.0.0/16", ip_protocol="tcp",
                             from_port=80,
                             to_port=config.get_int("port") or 80, opts=use)
role = iam.Role("role", assume_role_policy=trust, path=config.get("path") or "/", opts=use)
iam.RolePolicy("inline", role=role.name, opts=use, policy=group.arn.apply(lambda arn: json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": arn}]})))
bucket = s3.Bucket("bucket", force_destroy=True, opts=use)
s3.BucketObjectv2("object", bucket=bucket.bucket, key="k", source=pulumi.StringAsset(config.get("text") or "hello"),
                  opts=use)
token = ssm.Parameter("token", name=f"/trial/{label}", type="SecureString", opts=use,
                      value=pulumi.Output.secret(config.require("token")[::-1]))
pulumi.export("vpc", net.vpc.id)
pulumi.export("token", token.value)
"""
SECRET = "a-secret-of-both-doors"       # the program is configured with it spelled backwards
MADE_UP = re.compile(r"\b[a-z]+(-[a-z]+)*-[0-9a-f]{7,20}\b")
OTHER_EACH_TIME = ("ResponseMetadata", "RoleId")


@pytest.fixture(scope="module", params=["pulumi", "in-process"])
def door(request: Any, tmp_path_factory: Any, endpoint: str) -> Iterator[Trial]:
    root: Path = tmp_path_factory.mktemp("door")
    made = Trial(root, endpoint, door=cli if request.param == "pulumi" else engine)
    made.write(PROGRAM, label="door", token=SECRET[::-1])
    assert done(made.preview())["create"]
    assert not (root / "state" / "engine" / "test.journal").exists()
    yield made
    made.destroy()


STATES: dict[str, Any] = {}


def api_state(aws: Aws, vpc: str) -> Any:
    """What the API says there is, with what cannot be the same (ids, made-up names, times) taken out."""
    here = [{"Name": "vpc-id", "Values": [vpc]}]
    group = aws.ec2.describe_security_groups(Filters=here)["SecurityGroups"]
    role = next(r for r in aws.pages("iam", "list_roles", "Roles") if r["RoleName"].startswith("role-"))
    bucket = next(b["Name"] for b in aws.s3.list_buckets()["Buckets"] if b["Name"].startswith("bucket-"))
    found = {
        "vpc": aws.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"],
        "hostnames": aws.ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")["EnableDnsHostnames"],
        "subnets": aws.ec2.describe_subnets(Filters=here)["Subnets"],
        "tables": aws.ec2.describe_route_tables(Filters=here)["RouteTables"],
        "groups": group, "rules": [aws.ec2.describe_security_group_rules(
            Filters=[{"Name": "group-id", "Values": [g["GroupId"]]}])["SecurityGroupRules"] for g in group],
        "role": role, "policy": aws.iam.get_role_policy(RoleName=role["RoleName"],
                                                        PolicyName=aws.iam.list_role_policies(
            RoleName=role["RoleName"])["PolicyNames"][0])["PolicyDocument"],
        "object": aws.s3.get_object(Bucket=bucket, Key="k")["Body"].read().decode(),
        "bucket tags": aws.s3.get_bucket_tagging(Bucket=bucket)["TagSet"],
        "token": aws.ssm.get_parameter(Name="/trial/door", WithDecryption=True)["Parameter"],
    }
    return normalised(json.loads(json.dumps(found, default=lambda value: "a time")))


def normalised(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: normalised(item) for key, item in value.items() if key not in OTHER_EACH_TIME}
    if isinstance(value, list):
        return sorted((normalised(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return MADE_UP.sub("#", value) if isinstance(value, str) else value


def test_both_make_the_same(door: Trial, aws: Aws) -> None:
    made = door.apply()
    assert len(done(made)["create"]) == 15
    assert made.outputs["token"] == "[secret]"
    STATES[door.door.__name__] = api_state(aws, made.outputs["vpc"])
    if len(STATES) == 2:
        one, other = STATES.values()
        assert one == other


def test_what_is_made_is_left_alone(door: Trial) -> None:
    for again in (door.preview(), door.refresh()):
        assert done(again) == {}
        assert not again.changed
    found = drift("test", endpoint=door.endpoint, state=door.state, root=door.root)
    assert found.looked_at == 15
    assert [f for f in found.findings if f.owner != "nobody"] == []      # strangers are other tests'


def test_no_secret_is_in_clear_on_disk(door: Trial) -> None:
    files = [path for path in door.state.rglob("*") if path.is_file() and "project" not in path.parts]
    assert files
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def test_changes_are_planned_alike(door: Trial, aws: Aws) -> None:
    door.write(PROGRAM, label="door", token=SECRET[::-1], port=81, path="/other/", text="bye")
    plan = door.preview()
    assert done(plan) == {"update": ["in", "object"], "replace": ["inline", "role"]}
    assert "    toPort: 80 → 81" in render(plan)
    assert "    path: / → /other/  (replaces)" in render(plan)
    assert done(door.apply()) == done(plan)


def test_both_find_what_others_did(door: Trial, aws: Aws) -> None:
    vpc = next(r.id for r in known(door) if r.type == "aws:ec2/vpc:Vpc")
    aws.ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "by hand"}])
    found = door.refresh()
    assert [step.name for step in found.steps if step.operation in ("refresh", "update")] == ["net"]
    assert done(door.apply()) == {"update": ["net"]}
    assert {"Key": "Name", "Value": "door"} in aws.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"]


def test_a_failure_through_the_cli_names_resource_call_and_cause(trial: Trial) -> None:
    trial.door = cli
    trial.write('ec2.Subnet("lost", vpc_id="vpc-absent", cidr_block="10.0.0.0/24", opts=use)')
    with pytest.raises(Failure) as caught:
        trial.apply()
    assert "aws:ec2/subnet:Subnet lost could not be created" in caught.value.why
    assert "CreateSubnet answered InvalidVpcID.NotFound" in caught.value.why
    with pytest.raises(Failure) as caught:
        Trial(trial.root, "http://192.0.2.1:1", door=cli).preview()
    assert caught.value.exit_code == ExitCode.REFUSED


def test_the_users_own_pulumi_is_not_touched(trial: Trial, tmp_path: Path) -> None:
    """Neither a home, a token, a backend nor a profile of the user's gets as far as the command."""
    from rehearsal.provider.installed import Installed
    theirs = {"PULUMI_HOME": "/home/user/.pulumi", "PULUMI_ACCESS_TOKEN": "pul-x", "AWS_PROFILE": "work",
              "PULUMI_BACKEND_URL": "s3://theirs", "AWS_SESSION_TOKEN": "x", "HOME": "/home/user", "PATH": "/bin"}
    found = Installed(tmp_path).environment(theirs, trial.endpoint)
    assert found["PULUMI_HOME"].startswith(str(tmp_path))
    assert found["PULUMI_BACKEND_URL"].startswith(f"file://{tmp_path}")
    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN", "PULUMI_ACCESS_TOKEN"}.isdisjoint(found)
    assert found["HOME"] == "/home/user"
    assert found["AWS_CONFIG_FILE"] == os.devnull
