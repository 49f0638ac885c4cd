"""Auto Scaling groups: their bounds, where their instances are, what they read back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.cloud import Clients, Network, code_of, template, until


def group(aws: Clients, name: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])[
        "AutoScalingGroups"][0]
    return found


def serving(aws: Clients, name: str, count: int) -> list[dict[str, Any]]:
    """The group's instances, once that many serve and no other is left."""
    def ready() -> list[dict[str, Any]] | None:
        members: list[dict[str, Any]] = group(aws, name)["Instances"]
        return members if [m["LifecycleState"] for m in members] == ["InService"] * count else None
    return until(ready) if count else []


@pytest.fixture
def fleet(aws: Clients, network: Network) -> str:
    """A group of two to eight in two zones."""
    name = aws.name("fleet")
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=2, MaxSize=8, VPCZoneIdentifier=",".join(network.subnets[:2]),
        LaunchTemplate={"LaunchTemplateId": template(aws), "Version": "$Latest"}, DefaultInstanceWarmup=60,
        Tags=[{"Key": "Name", "Value": "web", "PropagateAtLaunch": True},
              {"Key": "owner", "Value": "me", "PropagateAtLaunch": False}])
    serving(aws, name, 2)
    return name


def test_instances_are_spread_over_the_zones(aws: Clients, fleet: str) -> None:
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=5)
    zones = [m["AvailabilityZone"][-1] for m in serving(aws, fleet, 5)]
    assert sorted([zones.count("a"), zones.count("c")]) == [2, 3]
    ids = [m["InstanceId"] for m in group(aws, fleet)["Instances"]]
    instances = [i for r in aws.ec2.describe_instances(InstanceIds=ids)["Reservations"] for i in r["Instances"]]
    assert {i["SubnetId"] for i in instances} == set(group(aws, fleet)["VPCZoneIdentifier"].split(","))


def test_shrinking_keeps_the_balance(aws: Clients, fleet: str) -> None:
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=6)
    serving(aws, fleet, 6)
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=2)
    assert {m["AvailabilityZone"][-1] for m in serving(aws, fleet, 2)} == {"a", "c"}


@pytest.mark.parametrize("size", [1, 9])
def test_the_bounds_hold(aws: Clients, fleet: str, size: int) -> None:
    scaling = aws.autoscaling
    assert code_of(lambda: scaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=size)) == \
        "ValidationError"
    assert code_of(lambda: scaling.update_auto_scaling_group(AutoScalingGroupName=fleet, DesiredCapacity=size)) == \
        "ValidationError"
    assert code_of(lambda: scaling.update_auto_scaling_group(AutoScalingGroupName=fleet, MinSize=9)) == \
        "ValidationError"
    assert group(aws, fleet)["DesiredCapacity"] == 2


def test_new_bounds_move_the_desired_size(aws: Clients, fleet: str) -> None:
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=fleet, MinSize=3)
    assert len(serving(aws, fleet, 3)) == group(aws, fleet)["DesiredCapacity"]
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=fleet, MinSize=0, MaxSize=1)
    assert len(serving(aws, fleet, 1)) == group(aws, fleet)["DesiredCapacity"]


def test_what_was_given_reads_back(aws: Clients, fleet: str) -> None:
    found = group(aws, fleet)
    assert (found["DefaultInstanceWarmup"], found["DefaultCooldown"], found["HealthCheckType"]) == (60, 300, "EC2")
    assert found["LaunchTemplate"]["Version"] == "$Latest"
    assert {t["Key"]: t["PropagateAtLaunch"] for t in found["Tags"]} == {"Name": True, "owner": False}
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=fleet, HealthCheckType="ELB",
                                              HealthCheckGracePeriod=300, DefaultInstanceWarmup=120)
    found = group(aws, fleet)
    changed = ("DefaultInstanceWarmup", "HealthCheckType", "HealthCheckGracePeriod")
    assert [found[key] for key in changed] == [120, "ELB", 300]
    assert found["LaunchTemplate"]["Version"] == "$Latest"


def test_instances_carry_the_groups_tags_and_the_templates_number(aws: Clients, fleet: str) -> None:
    member = serving(aws, fleet, 2)[0]
    instance = aws.ec2.describe_instances(InstanceIds=[member["InstanceId"]])["Reservations"][0]["Instances"][0]
    tags = {t["Key"]: t["Value"] for t in instance["Tags"]}
    assert tags["Name"] == "web"
    assert tags["aws:autoscaling:groupName"] == fleet
    assert "owner" not in tags
    assert member["LaunchTemplate"]["Version"] == tags["aws:ec2launchtemplate:version"] == "1"


@pytest.mark.parametrize("how", ["terminate_instances", "stop_instances"])
def test_a_lost_instance_is_replaced(aws: Clients, fleet: str, how: str) -> None:
    lost = serving(aws, fleet, 2)[0]["InstanceId"]
    getattr(aws.ec2, how)(InstanceIds=[lost])
    until(lambda: lost not in [m["InstanceId"] for m in group(aws, fleet)["Instances"]])
    assert len({m["AvailabilityZone"] for m in serving(aws, fleet, 2)}) == 2
    told = aws.autoscaling.describe_scaling_activities(AutoScalingGroupName=fleet)["Activities"]
    assert any(lost in activity["Description"] and "Terminating" in activity["Description"] for activity in told)


def test_suspended_processes_do_not_run(aws: Clients, fleet: str) -> None:
    aws.autoscaling.suspend_processes(AutoScalingGroupName=fleet, ScalingProcesses=["Launch"])
    assert [p["ProcessName"] for p in group(aws, fleet)["SuspendedProcesses"]] == ["Launch"]
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=3)
    assert len(group(aws, fleet)["Instances"]) == 2
    aws.autoscaling.resume_processes(AutoScalingGroupName=fleet)
    assert len(serving(aws, fleet, 3)) == 3
    unknown = {"AutoScalingGroupName": fleet, "ScalingProcesses": ["Sleep"]}
    assert code_of(lambda: aws.autoscaling.suspend_processes(**unknown)) == "ValidationError"


def test_a_group_with_instances_is_not_deleted_unless_forced(aws: Clients, fleet: str) -> None:
    members = [m["InstanceId"] for m in group(aws, fleet)["Instances"]]
    assert code_of(lambda: aws.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=fleet)) == "ResourceInUse"
    aws.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=fleet, ForceDelete=True)
    assert aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[fleet])["AutoScalingGroups"] == []
    states = [i["State"]["Name"] for r in aws.ec2.describe_instances(InstanceIds=members)["Reservations"]
              for i in r["Instances"]]
    assert set(states) == {"terminated"}


def test_a_template_that_cannot_launch_is_told_and_tried_again(aws: Clients, network: Network) -> None:
    name, broken = aws.name("fleet"), template(aws, ImageId="ami-00000000000000000")
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=1, MaxSize=1, VPCZoneIdentifier=network.subnets[0],
        LaunchTemplate={"LaunchTemplateId": broken, "Version": "$Latest"})
    [activity] = aws.autoscaling.describe_scaling_activities(AutoScalingGroupName=name)["Activities"]
    assert activity["StatusCode"] == "Failed"
    assert "ami-00000000000000000" in activity["StatusMessage"]
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, LaunchTemplate={
        "LaunchTemplateId": template(aws)})
    assert len(serving(aws, name, 1)) == 1


def test_standby_leaves_the_size_alone(aws: Clients, fleet: str) -> None:
    aside = serving(aws, fleet, 2)[0]["InstanceId"]
    words = {"AutoScalingGroupName": fleet, "InstanceIds": [aside], "ShouldDecrementDesiredCapacity": True}
    assert code_of(lambda: aws.autoscaling.enter_standby(**words)) == "ValidationError"      # the minimum is two
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=fleet, MinSize=1)
    aws.autoscaling.enter_standby(**words)
    assert {m["LifecycleState"] for m in group(aws, fleet)["Instances"]} == {"Standby", "InService"}
    aws.autoscaling.exit_standby(AutoScalingGroupName=fleet, InstanceIds=[aside])
    assert aside in [m["InstanceId"] for m in serving(aws, fleet, 2)]
