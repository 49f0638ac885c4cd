"""What goes wrong is said in full, what was made is recorded, and a kill at any moment is recovered from."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.aws import Aws
from rehearsal.provider.journal import Journal, Record
from tests.rehearsal.provider import Trial, done

ROOT = Path(__file__).resolve().parents[3]
MANY = """
vpc_ = ec2.Vpc("net", cidr_block="10.30.0.0/16", enable_dns_hostnames=True, tags={"Name": config.require("label")},
               opts=use)
for n in range(8):
    ec2.Subnet(f"subnet-{n}", vpc_id=vpc_.id, cidr_block=f"10.30.{n}.0/24", availability_zone="ap-northeast-2a",
               map_public_ip_on_launch=True, tags={"Name": f"{config.require('label')}-{n}"}, opts=use)
group = ec2.SecurityGroup("group", vpc_id=vpc_.id, tags={"Name": config.require("label")}, opts=use)
for n in range(4):
    vpc.SecurityGroupIngressRule(f"rule-{n}", security_group_id=group.id, cidr_ipv4="10.30.0.0/16", ip_protocol="tcp",
                                 from_port=8000 + n, to_port=8000 + n, opts=use)
    ec2.Eip(f"address-{n}", domain="vpc", tags={"Name": f"{config.require('label')}-{n}"}, opts=use)
    sns.Topic(f"topic-{n}", opts=use)
"""


def test_a_failing_call_is_named_and_the_rest_is_recorded(trial: Trial, aws: Aws) -> None:
    trial.write("""
    vpc_ = ec2.Vpc("net", cidr_block="10.31.0.0/16", opts=use)
    ec2.Subnet("outside", vpc_id=vpc_.id, cidr_block="192.168.0.0/24", opts=use)
    """)
    with pytest.raises(Failure) as caught:
        trial.apply()
    assert caught.value.what == "aws:ec2/subnet:Subnet outside could not be created"
    assert caught.value.why.startswith("the API call CreateSubnet answered InvalidSubnet.Range: ")
    assert [*trial.records()] == ["net"]
    assert [t.step.name for t in trial.told if t.phase == "failed"] == ["outside"]
    trial.write('ec2.Vpc("net", cidr_block="10.31.0.0/16", opts=use)')
    assert done(trial.apply()) == {}, "the network is the same one"
    trial.destroy()


def test_a_half_made_resource_is_completed_by_the_next_run(trial: Trial, aws: Aws) -> None:
    program = 'ec2.InternetGateway("gateway", vpc_id=config.require("vpc"), opts=use)'
    with pytest.raises(Failure, match="could not be created"):
        trial.write(program, vpc="vpc-absent").apply()
    half = trial.records()["gateway"]
    assert half.id.startswith("igw-")
    assert not half.whole
    vpc = aws.ec2.create_vpc(CidrBlock="10.32.0.0/16")["Vpc"]["VpcId"]
    assert done(trial.write(program, vpc=vpc).apply()) == {"update": ["gateway"]}
    live = aws.ec2.describe_internet_gateways(InternetGatewayIds=[half.id])["InternetGateways"][0]
    assert live["Attachments"][0]["VpcId"] == vpc
    trial.destroy()


@pytest.mark.parametrize(("program", "what"), [
    ("raise ValueError('wrong')", "the program of stack 'test' failed"),
    ("config.require('absent')", "Missing required configuration variable 'trial:absent'"),
    ("raise pulumi.RunError('the settings are wrong\\nmend them')", "the settings are wrong"),
    ('ec2.Vpc("net", opts=use)', "aws:ec2/vpc:Vpc net cannot be made like this"),
    ('sns.Topic("t", opts=use); sns.Topic("t", opts=use)', "two resources are called t"),
    ("get_availability_zones(state='available')", "does not talk to AWS itself"),
])
def test_a_wrong_program_is_refused_in_words(trial: Trial, program: str, what: str) -> None:
    if "zones" in program:
        trial = Trial(trial.root, "http://192.0.2.1:1")
        what = "does not talk to http://192.0.2.1:1"
    with pytest.raises(Failure) as caught:
        trial.write(program).apply()
    assert what in caught.value.what
    assert caught.value.next


def test_an_endpoint_that_does_not_answer_is_unreachable(trial: Trial) -> None:
    with pytest.raises(Failure) as caught:
        Trial(trial.root, "http://127.0.0.1:9").write('sns.Topic("t", opts=use)').apply()
    assert caught.value.exit_code == ExitCode.UNREACHABLE
    assert "coko rehearse" in caught.value.next


def killed_after(trial: Trial, lines: int, operation: str) -> None:
    """`kill -9` as soon as the journal has that many lines."""
    code = (f"from pathlib import Path; import rehearsal.provider as p; "
            f"p.{operation}('test', endpoint={trial.endpoint!r}, "
            f"state=Path({str(trial.state)!r}), report=lambda told: None, root=Path({str(trial.root)!r}))")
    child = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env={**os.environ}, start_new_session=True)
    journal = trial.state / "engine" / "test.journal"
    while child.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < lines):
        time.sleep(0.002)
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def counted(aws: Aws, label: str) -> dict[str, int]:
    vpcs = aws.ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [label]}])["Vpcs"]
    here = [{"Name": "vpc-id", "Values": [vpc["VpcId"] for vpc in vpcs]}]
    groups = aws.ec2.describe_security_groups(Filters=[{"Name": "tag:Name", "Values": [label]}])["SecurityGroups"]
    rules = [r for g in groups for r in aws.ec2.describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [g["GroupId"]]}])["SecurityGroupRules"]]
    mine = [{"Name": "tag:Name", "Values": [f"{label}-{n}" for n in range(8)]}]
    return {"vpcs": len(vpcs), "subnets": len(aws.ec2.describe_subnets(Filters=here)["Subnets"]) if vpcs else 0,
            "groups": len(groups), "rules": len(rules),
            "addresses": len(aws.ec2.describe_addresses(Filters=mine)["Addresses"])}


@pytest.mark.parametrize("lines", [2, 9, 17, 30])
def test_a_kill_leaves_nothing_twice_and_nothing_lost(trial: Trial, aws: Aws, lines: int) -> None:
    label = f"kill-{lines}"
    trial.write(MANY, label=label)
    killed_after(trial, lines, "apply")
    trial.apply()
    assert counted(aws, label) == {"vpcs": 1, "subnets": 8, "groups": 1, "rules": 4, "addresses": 4}
    assert done(trial.preview()) == {}
    assert done(trial.refresh()) == {}
    killed_after(trial, 30 + lines, "destroy")
    trial.destroy()
    assert counted(aws, label) == {"vpcs": 0, "subnets": 0, "groups": 0, "rules": 0, "addresses": 0}


def test_what_was_being_made_is_found_again(trial: Trial, aws: Aws) -> None:
    """The worst moment: the call has been answered, and nothing has been written down."""
    trial.write(MANY, label="moment").apply()
    known = trial.records()
    journal = Journal(trial.state / "engine", "test")
    for name in ("net", "subnet-3", "rule-2", "address-1", "topic-0", "group"):
        record = next(r for r in journal.live.values() if r.name == name and r.custom)
        journal.gone(record)
        journal.begin(Record(**{**vars(record), "id": "", "outputs": {}}))
    journal.close()
    assert done(trial.apply()) == {}
    assert {name: record.id for name, record in trial.records().items()} == {n: r.id for n, r in known.items()}
    assert counted(aws, "moment") == {"vpcs": 1, "subnets": 8, "groups": 1, "rules": 4, "addresses": 4}
    trial.destroy()


def test_a_torn_line_is_dropped_and_a_broken_file_is_refused(trial: Trial) -> None:
    trial.write('sns.Topic("t", opts=use)').apply()
    path = trial.state / "engine" / "test.journal"
    whole = path.read_text()
    path.write_text(whole + '{"put": {"urn": "urn:pu')
    assert done(trial.apply()) == {}
    path.write_text("{broken\n" + whole)
    with pytest.raises(Failure) as caught:
        trial.apply()
    assert "line 1" in caught.value.what
    assert "coko rehearse" in caught.value.next
    path.write_text(whole)
    trial.destroy()


def test_two_at_once_are_refused(trial: Trial) -> None:
    trial.write('sns.Topic("t", opts=use)')
    held = Journal(trial.state / "engine", "test")
    with pytest.raises(Failure) as caught:
        trial.apply()
    assert caught.value.exit_code == ExitCode.REFUSED
    assert str(os.getpid()) in caught.value.why
    held.close()
    trial.apply()
    trial.destroy()
