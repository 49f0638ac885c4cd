"""Who may reach whom: security groups that name each other, one rule on each side of every connection."""

from __future__ import annotations

import pulumi
from pulumi import Input, ResourceOptions
from pulumi_aws import ec2, vpc

ANYWHERE = "0.0.0.0/0"
ANYWHERE_IPV6 = "::/0"


def group(name: str, what: str, vpc_id: Input[str], *, parent: pulumi.Resource) -> ec2.SecurityGroup:
    """A security group that lets nothing through yet."""
    return ec2.SecurityGroup(name, description=what, vpc_id=vpc_id, revoke_rules_on_delete=True,
                             tags={"Name": name}, opts=ResourceOptions(parent=parent))


def connect(name: str, source: ec2.SecurityGroup, target: ec2.SecurityGroup, port: int, what: str, *,
            parent: pulumi.Resource) -> None:
    """`source` may open TCP connections to `target` on `port`; the answer's way back is implied."""
    vpc.SecurityGroupEgressRule(
        f"{name}-out", security_group_id=source.id, referenced_security_group_id=target.id, ip_protocol="tcp",
        from_port=port, to_port=port, description=what, opts=ResourceOptions(parent=parent))
    vpc.SecurityGroupIngressRule(
        f"{name}-in", security_group_id=target.id, referenced_security_group_id=source.id, ip_protocol="tcp",
        from_port=port, to_port=port, description=what, opts=ResourceOptions(parent=parent))


def admit(name: str, to: ec2.SecurityGroup, port: int, what: str, *, cidr: str = ANYWHERE,
          parent: pulumi.Resource) -> None:
    """Addresses outside of our groups may connect to `to` on `port`."""
    vpc.SecurityGroupIngressRule(
        name, security_group_id=to.id, cidr_ipv4=cidr, ip_protocol="tcp", from_port=port, to_port=port,
        description=what, opts=ResourceOptions(parent=parent))


def admit_internet(name: str, to: ec2.SecurityGroup, port: int, what: str, *, parent: pulumi.Resource) -> None:
    """Everybody, over IPv4 and IPv6: for the public balancer alone."""
    admit(name, to, port, what, parent=parent)
    vpc.SecurityGroupIngressRule(
        f"{name}-ipv6", security_group_id=to.id, cidr_ipv6=ANYWHERE_IPV6, ip_protocol="tcp", from_port=port,
        to_port=port, description=what, opts=ResourceOptions(parent=parent))


def reach_out(name: str, source: ec2.SecurityGroup, port: int, what: str, *, parent: pulumi.Resource) -> None:
    """`source` may connect to anywhere on `port`: package archives, AWS's APIs, the public APIs."""
    vpc.SecurityGroupEgressRule(
        name, security_group_id=source.id, cidr_ipv4=ANYWHERE, ip_protocol="tcp", from_port=port, to_port=port,
        description=what, opts=ResourceOptions(parent=parent))
