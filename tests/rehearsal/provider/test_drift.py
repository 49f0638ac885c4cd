"""`coko drift`: what was changed, deleted and added by hand is found, with its owner; the rest is left in peace."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from cli.terminal import Terminal
from cli.verbs import drift as verb
from pipelines.errors import ExitCode, Failure
from rehearsal.home import Home
from rehearsal.provider.aws import Aws
from rehearsal.provider.drift import Drift, drift
from tests.rehearsal.provider import Trial, known

PROGRAM = """
class Tier(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("trial:index:Tier", name, None, use)
        child = ResourceOptions(parent=self)
        net = ec2.Vpc(name, cidr_block="10.50.0.0/16", opts=child)
        group = ec2.SecurityGroup(name, vpc_id=net.id, opts=child)
        vpc.SecurityGroupIngressRule(name, security_group_id=group.id, cidr_ipv4="10.50.0.0/16", ip_protocol="tcp",
                                     from_port=80, to_port=80, opts=child)
        gateway = ec2.InternetGateway(name, vpc_id=net.id, opts=child)
        table = ec2.RouteTable(name, vpc_id=net.id, opts=child)
        ec2.Route(name, route_table_id=table.id, destination_cidr_block="0.0.0.0/0", gateway_id=gateway.id, opts=child)
        role = iam.Role(name, opts=child, assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
        iam.RolePolicyAttachment(name, role=role.name, opts=child,
                                 policy_arn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
        sns.Topic(name, display_name="told", opts=child)
        self.register_outputs({})
Tier("tier")
ssm.Parameter("theirs", name="/trial/drift", type="String", value="a",
              opts=ResourceOptions(provider=aws, ignore_changes=["value"]))
"""


@pytest.fixture
def applied(trial: Trial) -> Iterator[Trial]:
    trial.write(PROGRAM).apply()
    yield trial
    trial.refresh()
    trial.destroy()


def look(trial: Trial) -> Drift:
    return drift("test", endpoint=trial.endpoint, state=trial.state, root=trial.root)


def mine(found: Drift) -> set[tuple[str, str, str]]:
    """Other tests have things in this account as well: only what hangs on this program's counts here."""
    return {(f.what, f.type.split(":")[-1], f.said) for f in found.findings if f.owner != "nobody"}


def ids(trial: Trial) -> dict[str, str]:
    return {record.type.split(":")[-1]: record.id for record in known(trial) if record.custom}


def test_every_kind_of_drift_is_found_and_owned(applied: Trial, aws: Aws) -> None:
    assert mine(look(applied)) == set()
    known = ids(applied)
    aws.ec2.authorize_security_group_ingress(GroupId=known["SecurityGroup"], IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    aws.ec2.create_route(RouteTableId=known["RouteTable"], DestinationCidrBlock="192.168.0.0/16",
                         GatewayId=known["InternetGateway"])
    aws.iam.attach_role_policy(RoleName=known["Role"], PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    aws.iam.put_role_policy(RoleName=known["Role"], PolicyName="by-hand", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
    aws.sns.set_topic_attributes(TopicArn=known["Topic"], AttributeName="DisplayName", AttributeValue="untold")
    aws.ec2.delete_route(RouteTableId=known["RouteTable"], DestinationCidrBlock="0.0.0.0/0")
    aws.ssm.put_parameter(Name="/trial/drift", Value="b", Type="String", Overwrite=True)
    subnet = aws.ec2.create_subnet(VpcId=known["Vpc"], CidrBlock="10.50.9.0/24")["Subnet"]["SubnetId"]
    found = look(applied)
    assert mine(found) == {
        ("unmanaged", "SecurityGroupIngressRule", "in from 0.0.0.0/0: tcp 3306"),
        ("unmanaged", "Route", f"192.168.0.0/16 to {known['InternetGateway']}"),
        ("unmanaged", "RolePolicyAttachment", "attached policy AdministratorAccess"),
        ("unmanaged", "RolePolicy", "inline policy by-hand"),
        ("unmanaged", "Subnet", "10.50.9.0/24"),
        ("changed", "Topic", ""), ("deleted", "Route", ""),
    }
    by_hand = next(f for f in found.findings if "3306" in f.said)
    assert by_hand.owner == "nobody; added to aws:ec2/securityGroup:SecurityGroup tier of trial:index:Tier tier"
    topic = next(f for f in found.findings if f.what == "changed")
    assert (topic.owner, [(c.path, c.old, c.new) for c in topic.changes]) == (
        "trial:index:Tier tier", [("displayName", "told", "untold")])
    aws.iam.detach_role_policy(RoleName=known["Role"], PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    aws.iam.delete_role_policy(RoleName=known["Role"], PolicyName="by-hand")
    aws.ec2.delete_subnet(SubnetId=subnet)


def test_the_account_is_looked_at_too(trial: Trial, aws: Aws) -> None:
    trial.write('sns.Topic("only", opts=use)').apply()
    aws.cloudwatch.put_metric_alarm(AlarmName="by-hand", MetricName="m", Namespace="n", Statistic="Sum", Period=60,
                                    EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold")
    aws.ssm.put_parameter(Name="/trial/hosts/i-1/key", Value="k", Type="String")
    found = look(trial)
    assert ("by-hand", "nobody") in {(f.name, f.owner) for f in found.findings}
    assert ("/trial/hosts/i-1/key", "a host, at its first boot") in {(f.name, f.owner) for f in found.others}
    aws.cloudwatch.delete_alarms(AlarmNames=["by-hand"])
    trial.destroy()


def test_a_stack_that_was_never_applied_is_refused(trial: Trial) -> None:
    with pytest.raises(Failure) as caught:
        look(trial.write(""))
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert "pulumi refresh --preview-only" in caught.value.next


def shown(found: Drift, as_json: bool) -> str:
    screen = Terminal(io.StringIO(), io.StringIO(), as_json, {})
    screen.result(verb.as_json(found), "\n".join(verb.lines(found, screen)))
    return screen.out.getvalue()    # type: ignore[attr-defined, no-any-return]


def test_the_verb_says_it_in_words_and_in_json(trial: Trial, aws: Aws) -> None:
    trial.write('sns.Topic("told", display_name="a", opts=use)').apply()
    aws.sns.set_topic_attributes(TopicArn=ids(trial)["Topic"], AttributeName="DisplayName", AttributeValue="b")
    found = look(trial)
    assert "changed aws:sns/topic:Topic told\n    displayName: a → b\n    owner: the program" in shown(found, False)
    said = json.loads(shown(found, True))
    assert said["clean"] is False
    assert {"what": "changed", "name": "told", "owner": "the program"}.items() <= next(
        f for f in said["findings"] if f["name"] == "told").items()
    trial.apply()
    trial.destroy()


def test_a_cloud_that_does_not_run_is_unreachable(trial: Trial) -> None:
    with pytest.raises(Failure) as caught:
        verb._endpoint(Home(trial.root))
    assert caught.value.exit_code == ExitCode.UNREACHABLE
