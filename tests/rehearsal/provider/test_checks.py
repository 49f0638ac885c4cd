"""Inputs are refused before anything is called, in words that say which one and why; names and tags are filled in."""

from __future__ import annotations

import re

import pytest

from rehearsal.provider.checks import checked
from rehearsal.provider.kind import Problem
from rehearsal.provider.kinds import KINDS
from rehearsal.provider.values import UNKNOWN, Props

SUBNET, ROLE, BALANCER = "aws:ec2/subnet:Subnet", "aws:iam/role:Role", "aws:lb/loadBalancer:LoadBalancer"
TRUST = '{"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}'


def check(token: str, news: Props, olds: Props | None = None, name: str = "one") -> tuple[Props, list[Problem]]:
    return checked(KINDS[token], name, olds or {}, news, b"seed", "ap-northeast-2", {"team": "trial"})


@pytest.mark.parametrize(("token", "inputs", "property_", "said"), [
    (SUBNET, {"cidrBlock": "10.0.0.0/24"}, "vpcId", "is required"),
    (SUBNET, {"vpcId": "v", "cidrBlock": "10.0.0.1/24"}, "cidrBlock", "host bits"),
    (SUBNET, {"vpcId": "v", "outpostArn": "x"}, "outpostArn", "does not implement"),
    (SUBNET, {"vpcId": "v", "region": "us-east-1"}, "region", "one region"),
    (ROLE, {"assumeRolePolicy": "{"}, "assumeRolePolicy", "is not JSON"),
    (ROLE, {"assumeRolePolicy": '{"Statement": [{"Effect": "Allow"}]}'}, "assumeRolePolicy", "needs a Principal"),
    (ROLE, {"assumeRolePolicy": TRUST, "name": "n" * 65}, "name", "65 characters; 64 are allowed"),
    (BALANCER, {"subnets": ["a"]}, "subnets", "two zones"),
    (BALANCER, {"subnets": ["a", "b"], "loadBalancerType": "classic"}, "loadBalancerType", "must be one of"),
    ("aws:lb/listener:Listener", {"loadBalancerArn": "a", "port": 0, "protocol": "HTTP", "defaultActions": [{}]},
     "port",
     "between 1 and 65535"),
    ("aws:lb/listener:Listener", {"loadBalancerArn": "a", "port": 443, "protocol": "HTTPS", "defaultActions": [{}]},
     "certificateArn", "is required"),
    ("aws:ec2/route:Route", {"routeTableId": "r", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "g",
                             "natGatewayId": "n"}, "gatewayId", "exactly one"),
    ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
     {"securityGroupId": "s", "ipProtocol": "tcp", "cidrIpv4": "0.0.0.0/0"}, "fromPort", "is required"),
    ("aws:autoscaling/group:Group", {"minSize": 3, "maxSize": 2}, "minSize", "above maxSize"),
    ("aws:autoscaling/group:Group", {"minSize": 1, "maxSize": 2, "desiredCapacity": 5}, "desiredCapacity", "between"),
    ("aws:rds/instance:Instance", {"instanceClass": "db.t4g.small", "skipFinalSnapshot": True, "password": "short"},
     "password", "8 to 41"),
    ("aws:rds/instance:Instance", {"instanceClass": "db.t4g.small"}, "finalSnapshotIdentifier", "is required"),
    ("aws:rds/subnetGroup:SubnetGroup", {"subnetIds": ["only"]}, "subnetIds", "two zones"),
    ("aws:s3/bucket:Bucket", {"bucket": "Not_A_Bucket"}, "bucket", "not a bucket's name"),
    ("aws:kms/alias:Alias", {"targetKeyId": "k", "name": "plain"}, "name", "must start with alias/"),
    ("aws:route53/record:Record", {"zoneId": "z", "name": "n", "type": "A", "records": ["192.0.2.1"]}, "ttl",
     "required"),
    ("aws:codedeploy/deploymentConfig:DeploymentConfig", {}, "minimumHealthyHosts", "is required"),
    ("aws:secretsmanager/secret:Secret", {"recoveryWindowInDays": 3}, "recoveryWindowInDays", "between 7 and 30"),
])
def test_bad_inputs_are_named(token: str, inputs: Props, property_: str, said: str) -> None:
    _, problems = check(token, inputs)
    assert [p for p in problems if p.property == property_ and said in p.reason], problems


def test_what_is_not_known_yet_is_not_judged() -> None:
    _, problems = check(BALANCER, {"subnets": [UNKNOWN], "securityGroups": UNKNOWN, "idleTimeout": UNKNOWN})
    assert problems == []
    _, problems = check(SUBNET, {"vpcId": UNKNOWN, "cidrBlock": UNKNOWN})
    assert problems == []


def test_names_are_made_up_as_pulumi_does() -> None:
    inputs, problems = check(ROLE, {"assumeRolePolicy": TRUST}, name="coko-web")
    assert problems == []
    assert re.fullmatch(r"coko-web-[0-9a-f]{7}", inputs["name"])
    assert inputs["__defaults"] == ["name"]
    alias, _ = check("aws:kms/alias:Alias", {"targetKeyId": "k"}, name="coko")
    assert re.fullmatch(r"alias/coko-[0-9a-f]{7}", alias["name"])
    bucket, _ = check("aws:s3/bucket:Bucket", {}, name="Upper")
    assert re.fullmatch(r"upper-[0-9a-f]{7}", bucket["bucket"])
    prefixed, _ = check(ROLE, {"assumeRolePolicy": TRUST, "namePrefix": "web-"})
    assert re.fullmatch(r"web-[0-9a-f]{26}", prefixed["name"])


def test_a_made_up_name_stays_until_the_resource_is_replaced() -> None:
    first, _ = check(ROLE, {"assumeRolePolicy": TRUST})
    again, _ = checked(KINDS[ROLE], "one", first, {"assumeRolePolicy": TRUST}, b"another seed", "ap-northeast-2", {})
    anew, _ = checked(KINDS[ROLE], "one", {}, {"assumeRolePolicy": TRUST}, b"another seed", "ap-northeast-2", {})
    assert again["name"] == first["name"]
    assert anew["name"] != first["name"]
    given, _ = check(ROLE, {"assumeRolePolicy": TRUST, "name": "mine"}, first)
    assert given["name"] == "mine"
    assert "__defaults" not in given


def test_a_logical_name_that_leaves_no_room_is_refused() -> None:
    _, problems = check(BALANCER, {"subnets": ["a", "b"]}, name="a-name-that-is-too-long-for-it")
    assert [p.property for p in problems] == ["name"]


def test_defaults_and_default_tags() -> None:
    inputs, _ = check(BALANCER, {"subnets": ["a", "b"], "tags": {"Name": "x", "team": "mine"}})
    assert inputs["loadBalancerType"] == "application"
    assert inputs["internal"] is False
    assert inputs["tagsAll"] == {"Name": "x", "team": "mine"}
    bare, _ = check(BALANCER, {"subnets": ["a", "b"]})
    assert bare["tagsAll"] == {"team": "trial"}
    assert "tagsAll" not in check("aws:ec2/route:Route", {})[0], "routes have no tags"
