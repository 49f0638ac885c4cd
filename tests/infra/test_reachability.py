"""Who may open a connection to whom, as a full matrix, computed from the security groups' rules alone."""

from __future__ import annotations

import pytest

from infra.policy.recording import Recording
from tests.infra import STACKS, recorded

INTERNET = "internet"
NODES = {"coko-alb": "alb", "coko-web": "web", "coko-inner-nlb": "nlb", "coko-was": "was", "coko": "database",
         "coko-jenkins": "jenkins"}

INBOUND = {
    (INTERNET, "alb", 80), (INTERNET, "alb", 443),
    ("alb", "web", 80), ("web", "nlb", 8000), ("nlb", "was", 8000), ("was", "database", 3306),
}
JENKINS = {("alb", "jenkins", 8080)}
OUTBOUND = {("web", INTERNET, 443), ("web", INTERNET, 80),
            ("was", INTERNET, 443), ("was", INTERNET, 80), ("was", INTERNET, 8088)}
JENKINS_OUT = {("jenkins", INTERNET, 443), ("jenkins", INTERNET, 80)}


def expected(stack: str) -> set[tuple[str, str, int]]:
    jenkins = JENKINS | JENKINS_OUT if recorded(stack).settings.jenkins.enabled else set()
    return INBOUND | OUTBOUND | jenkins


def allowed(recording: Recording) -> set[tuple[str, str, int]]:
    """A connection between two groups needs both sides' rules; one with the internet needs only ours."""
    groups = recording.of("ec2/securityGroup:SecurityGroup")
    ids = {f"{group.name}-SecurityGroup": NODES[group.name] for group in groups}
    ways_in = {(node(rule.inputs, ids), ids[rule.inputs["securityGroupId"]], port)
               for rule in recording.of("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
               for port in ports(rule.inputs)}
    ways_out = {(ids[rule.inputs["securityGroupId"]], node(rule.inputs, ids), port)
                for rule in recording.of("vpc/securityGroupEgressRule:SecurityGroupEgressRule")
                for port in ports(rule.inputs)}
    outside = {way for way in ways_in | ways_out if INTERNET in way}
    return outside | (ways_in & ways_out)


def node(rule: dict[str, object], ids: dict[str, str]) -> str:
    other = rule.get("referencedSecurityGroupId")
    return ids[str(other)] if other else INTERNET


def ports(rule: dict[str, object]) -> range:
    assert rule["ipProtocol"] == "tcp"
    return range(int(str(rule["fromPort"])), int(str(rule["toPort"])) + 1)


@pytest.mark.parametrize("stack", STACKS)
def test_the_matrix_is_exactly_this(stack: str) -> None:
    assert allowed(recorded(stack)) == expected(stack)


@pytest.mark.parametrize("stack", STACKS)
def test_every_rule_has_its_counterpart(stack: str) -> None:
    """A rule on one side only would look open and be closed."""
    recording = recorded(stack)
    sides = []
    for kind in ("vpc/securityGroupIngressRule:SecurityGroupIngressRule",
                 "vpc/securityGroupEgressRule:SecurityGroupEgressRule"):
        rules = [rule.inputs for rule in recording.of(kind) if rule.inputs.get("referencedSecurityGroupId")]
        mine, other = "securityGroupId", "referencedSecurityGroupId"
        order = (other, mine) if "Ingress" in kind else (mine, other)
        sides.append({(rule[order[0]], rule[order[1]], rule["fromPort"]) for rule in rules})
    assert sides[0] == sides[1]


@pytest.mark.parametrize("stack", STACKS)
def test_nobody_listens_for_ssh(stack: str) -> None:
    rules = recorded(stack).of("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert [rule.name for rule in rules if 22 in ports(rule.inputs)] == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_default_group_is_empty(stack: str) -> None:
    for group in recorded(stack).of("ec2/defaultSecurityGroup:DefaultSecurityGroup"):
        assert not group.inputs.get("ingress")
        assert not group.inputs.get("egress")


@pytest.mark.parametrize("stack", STACKS)
def test_placement(stack: str) -> None:
    """Balancer and NAT in public subnets, hosts in private ones, the database in isolated ones."""
    recording = recorded(stack)

    def kinds(subnets: list[str]) -> set[str]:
        return {subnet.split("-")[1] for subnet in subnets}

    assert kinds(recording.one("lb/loadBalancer:LoadBalancer", "coko").inputs["subnets"]) == {"public"}
    assert kinds(recording.one("lb/loadBalancer:LoadBalancer", "coko-inner").inputs["subnets"]) == {"private"}
    assert kinds([n.inputs["subnetId"] for n in recording.of("ec2/natGateway:NatGateway")]) == {"public"}
    for group in recording.of("autoscaling/group:Group"):
        assert kinds(group.inputs["vpcZoneIdentifiers"]) == {"private"}
    for instance in recording.of("ec2/instance:Instance"):
        assert kinds([instance.inputs["subnetId"]]) == {"private"}
    assert kinds(recording.of("rds/subnetGroup:SubnetGroup")[0].inputs["subnetIds"]) == {"database"}


@pytest.mark.parametrize("stack", STACKS)
def test_routes(stack: str) -> None:
    """Public tables lead to the internet gateway, private ones to a NAT gateway, the database's nowhere."""
    routes = {(route.inputs["routeTableId"].removesuffix("-RouteTable").split("-")[1],
               "nat" if route.inputs.get("natGatewayId") else "gateway")
              for route in recorded(stack).of("ec2/route:Route")}
    assert routes == {("public", "gateway"), ("private", "nat")}
