"""The in-process engine on small programs: plan, create, update, replace, delete, protect, ignore; and what is told."""

from __future__ import annotations

import pytest

from pipelines.errors import ExitCode, Failure
from rehearsal.provider import render
from rehearsal.provider.aws import Aws
from tests.rehearsal.provider import Trial, done

NETWORK = """
vpc_ = ec2.Vpc("net", cidr_block="10.20.0.0/16", tags={"Name": config.get("label") or "net"}, opts=use)
class Part(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("trial:index:Part", name, None, use)
        self.subnets = [ec2.Subnet(f"{name}-{zone}", vpc_id=vpc_.id, cidr_block=f"10.20.{n}.0/24",
                                   availability_zone=f"ap-northeast-2{zone}", opts=ResourceOptions(parent=self))
                        for n, zone in enumerate(config.get("zones") or "ab")]
        self.register_outputs({})
part = Part("part")
pulumi.export("subnets", [subnet.id for subnet in part.subnets])
"""


def test_a_program_is_planned_made_and_left_alone(trial: Trial, aws: Aws) -> None:
    trial.write(NETWORK)
    plan = trial.preview()
    assert done(plan) == {"create": ["net", "part-a", "part-b"]}
    assert not trial.records() if (trial.state / "engine/test.journal").exists() else True
    made = trial.apply()
    assert done(made) == done(plan)
    subnets = aws.ec2.describe_subnets(SubnetIds=made.outputs["subnets"])["Subnets"]
    vpc = trial.records()["net"].id
    assert [(s["VpcId"], s["CidrBlock"]) for s in subnets] == [(vpc, "10.20.0.0/24"), (vpc, "10.20.1.0/24")]
    assert {tag["Key"] for tag in subnets[0]["Tags"]} == {"team"}
    for again in (trial.preview(), trial.apply(), trial.refresh()):
        assert done(again) == {}
        assert not again.changed
    assert trial.apply().outputs == made.outputs
    assert done(trial.destroy()) == {"delete": ["net", "part-a", "part-b"]}
    assert aws.ec2.describe_vpcs(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Vpcs"] == []


def test_changes_are_shown_then_made(trial: Trial, aws: Aws) -> None:
    trial.write(NETWORK).apply()
    vpc = trial.records()["net"].id
    trial.write(NETWORK, label="other", zones="a")
    plan = trial.preview()
    assert done(plan) == {"update": ["net"], "delete": ["part-b"]}
    assert "    tags.Name: net → other" in render(plan)
    assert done(trial.apply()) == done(plan)
    live = aws.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]
    assert {"Key": "Name", "Value": "other"} in live["Tags"]
    here = [{"Name": "vpc-id", "Values": [vpc]}]
    assert len(aws.ec2.describe_subnets(Filters=here)["Subnets"]) == 1
    trial.destroy()


def test_progress_is_told_as_it_happens(trial: Trial) -> None:
    trial.write(NETWORK).apply()
    names = [(told.step.name, told.phase) for told in trial.told]
    assert names.index(("net", "done")) < names.index(("part-a", "started"))
    assert trial.told[-1].done == trial.told[-1].total == 3
    trial.destroy()
    order = [told.step.name for told in trial.told if told.phase == "done"][3:]
    assert order[-1] == "net", "what others need is deleted last"


def test_replacement_makes_before_it_deletes(trial: Trial, aws: Aws) -> None:
    program = """
    role = iam.Role("role", path=config.get("path") or "/", opts=use, assume_role_policy=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                "Principal": {"Service": "ec2.amazonaws.com"}}]}))
    profile = iam.InstanceProfile("profile", role=role.name, opts=use)
    """
    trial.write(program).apply()
    before = trial.records()["role"].id
    plan = trial.write(program, path="/other/").preview()
    assert done(plan) == {"replace": ["role"], "update": ["profile"]}
    trial.told.clear()
    assert done(trial.apply()) == done(plan)
    after = trial.records()["role"].id
    assert after != before
    told = [(t.step.operation, t.step.name) for t in trial.told if t.phase == "done"]
    assert told == [("replace", "role"), ("update", "profile"), ("delete", "role")]
    profile = aws.iam.get_instance_profile(InstanceProfileName=trial.records()["profile"].id)["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == [after]
    assert before not in [role["RoleName"] for role in aws.pages("iam", "list_roles", "Roles")]
    trial.destroy()


def test_what_cannot_live_twice_is_deleted_first_and_so_is_what_needs_it(trial: Trial, aws: Aws) -> None:
    program = """
    topic = sns.Topic("topic", name="fixed", fifo_topic=False, opts=use)
    vpc_ = ec2.Vpc("net", cidr_block=config.get("cidr") or "10.21.0.0/16",
                   opts=ResourceOptions(provider=aws, delete_before_replace=True))
    subnet = ec2.Subnet("subnet", vpc_id=vpc_.id, cidr_block=config.get("block") or "10.21.1.0/24", opts=use)
    """
    trial.write(program).apply()
    old = trial.records()
    trial.write(program, cidr="10.22.0.0/16", block="10.22.1.0/24")
    assert done(trial.preview()) == {"replace": ["net", "subnet"]}
    trial.told.clear()
    assert done(trial.apply()) == {"replace": ["net", "subnet"]}
    told = [(t.step.operation, t.step.name) for t in trial.told if t.phase == "done" and t.step.operation != "same"]
    assert told == [("delete", "subnet"), ("delete", "net"), ("replace", "net"), ("replace", "subnet")]
    new = trial.records()
    assert {new[n].id for n in ("net", "subnet")}.isdisjoint({old[n].id for n in ("net", "subnet")})
    assert done(trial.preview()) == {}
    trial.destroy()


def test_protected_things_stay(trial: Trial) -> None:
    program = 'sns.Topic("kept", opts=ResourceOptions(provider=aws, protect=config.get_bool("protect")))'
    trial.write(program, protect=True).apply()
    for operation in (trial.destroy, trial.write("", protect=True).apply):
        with pytest.raises(Failure) as caught:
            operation()
        assert caught.value.exit_code == ExitCode.REFUSED
        assert "kept is protected" in caught.value.what
    trial.write(program, protect=False).apply()
    assert done(trial.destroy()) == {"delete": ["kept"]}


def test_ignored_changes_are_left_to_others(trial: Trial, aws: Aws) -> None:
    program = """
    ssm.Parameter("p", name="/trial/ignored", type="String", value=config.require("value"),
                  opts=ResourceOptions(provider=aws, ignore_changes=["value"]))
    """
    trial.write(program, value="first").apply()
    assert done(trial.write(program, value="second").apply()) == {}
    assert aws.ssm.get_parameter(Name="/trial/ignored")["Parameter"]["Value"] == "first"
    trial.destroy()


def test_refresh_finds_what_others_did_and_apply_takes_it_back(trial: Trial, aws: Aws) -> None:
    trial.write(NETWORK).apply()
    known = trial.records()
    aws.ec2.create_tags(Resources=[known["net"].id], Tags=[{"Key": "Name", "Value": "by hand"}])
    aws.ec2.delete_subnet(SubnetId=known["part-b"].id)
    assert done(trial.refresh()) == {"refresh": ["net"], "delete": ["part-b"]}
    assert done(trial.preview()) == {"update": ["net"], "create": ["part-b"]}
    trial.apply()
    assert {"Key": "Name", "Value": "net"} in aws.ec2.describe_vpcs(VpcIds=[known["net"].id])["Vpcs"][0]["Tags"]
    trial.destroy()


def test_secrets_are_not_on_disk_and_not_in_outputs(trial: Trial, aws: Aws) -> None:
    program = """
    p = ssm.Parameter("p", name="/trial/secret", type="SecureString",
                      value=pulumi.Output.secret(config.require("value")), opts=use)
    pulumi.export("value", p.value)
    pulumi.export("name", p.name)
    """
    made = trial.write(program, value="a-very-secret-value").apply()
    assert made.outputs == {"value": "[secret]", "name": "/trial/secret"}
    assert aws.ssm.get_parameter(Name="/trial/secret",
                                 WithDecryption=True)["Parameter"]["Value"] == "a-very-secret-value"
    plan = trial.write(program, value="another-secret-value").preview()
    assert "secret-value" not in render(plan)
    trial.apply()
    files = [path for path in trial.state.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if b"secret-value" in path.read_bytes()] == []
    trial.destroy()
