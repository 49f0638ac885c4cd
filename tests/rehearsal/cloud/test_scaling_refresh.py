"""Instance refresh: a new template reaches running hosts a few at a time, launch before terminate."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.cloud.services.autoscaling.model import Group, Refresh
from rehearsal.cloud.services.autoscaling.refreshes import room_to_end, room_to_start
from tests.rehearsal.cloud import Clients, Network, code_of, template, until
from tests.rehearsal.cloud.test_scaling_groups import group, serving

CAREFUL = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 150, "SkipMatching": True}


@pytest.fixture
def fleet(aws: Clients, network: Network) -> str:
    name = aws.name("refreshed")
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=2, MaxSize=4, VPCZoneIdentifier=",".join(network.subnets[:2]),
        LaunchTemplate={"LaunchTemplateId": template(aws), "Version": "$Latest"})
    serving(aws, name, 2)
    return name


def new_version(aws: Clients, fleet: str) -> None:
    found = group(aws, fleet)["LaunchTemplate"]["LaunchTemplateId"]
    aws.ec2.create_launch_template_version(LaunchTemplateId=found, SourceVersion="1",
                                           LaunchTemplateData={"InstanceType": "t3.large"})


def refresh(aws: Clients, fleet: str, **preferences: Any) -> str:
    return str(aws.autoscaling.start_instance_refresh(AutoScalingGroupName=fleet, Preferences=preferences)
               ["InstanceRefreshId"])


def shown(aws: Clients, fleet: str) -> dict[str, Any]:
    rows = aws.autoscaling.describe_instance_refreshes(AutoScalingGroupName=fleet)["InstanceRefreshes"]
    return dict(rows[0])


def test_every_instance_is_replaced_and_none_is_missed_meanwhile(aws: Clients, fleet: str) -> None:
    old = {m["InstanceId"] for m in serving(aws, fleet, 2)}
    new_version(aws, fleet)
    refresh(aws, fleet, **CAREFUL)
    fewest = 2

    def done() -> bool:
        nonlocal fewest
        fewest = min(fewest, len([m for m in group(aws, fleet)["Instances"] if m["LifecycleState"] == "InService"]))
        return bool(shown(aws, fleet)["Status"] == "Successful")
    until(done)
    members = serving(aws, fleet, 2)
    assert old & {m["InstanceId"] for m in members} == set()
    assert {m["LaunchTemplate"]["Version"] for m in members} == {"2"}
    assert {m["InstanceType"] for m in members} == {"t3.large"}
    assert fewest == 2
    assert shown(aws, fleet)["PercentageComplete"] == 100


def test_what_matches_is_skipped(aws: Clients, fleet: str) -> None:
    before = {m["InstanceId"] for m in serving(aws, fleet, 2)}
    refresh(aws, fleet, **CAREFUL)
    until(lambda: shown(aws, fleet)["Status"] == "Successful")
    assert {m["InstanceId"] for m in serving(aws, fleet, 2)} == before


def test_one_at_a_time(aws: Clients, fleet: str) -> None:
    aws.autoscaling.suspend_processes(AutoScalingGroupName=fleet, ScalingProcesses=["InstanceRefresh"])
    refresh(aws, fleet)
    assert code_of(lambda: refresh(aws, fleet)) == "InstanceRefreshInProgress"
    aws.autoscaling.cancel_instance_refresh(AutoScalingGroupName=fleet)
    assert shown(aws, fleet)["Status"] == "Cancelled"
    assert code_of(lambda: aws.autoscaling.cancel_instance_refresh(AutoScalingGroupName=fleet)) == \
        "ActiveInstanceRefreshNotFound"


def test_a_refresh_can_be_rolled_back(aws: Clients, fleet: str) -> None:
    named = group(aws, fleet)["LaunchTemplate"]
    template_id = {"LaunchTemplateId": named["LaunchTemplateId"]}
    first = {**template_id, "Version": "1"}
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=fleet, LaunchTemplate=first)
    new_version(aws, fleet)
    aws.autoscaling.suspend_processes(AutoScalingGroupName=fleet, ScalingProcesses=["InstanceRefresh"])
    aws.autoscaling.start_instance_refresh(AutoScalingGroupName=fleet, Preferences=CAREFUL, DesiredConfiguration={
        "LaunchTemplate": {**template_id, "Version": "2"}})
    assert group(aws, fleet)["LaunchTemplate"]["Version"] == "2"
    aws.autoscaling.rollback_instance_refresh(AutoScalingGroupName=fleet)
    aws.autoscaling.resume_processes(AutoScalingGroupName=fleet)
    until(lambda: shown(aws, fleet)["Status"] == "RollbackSuccessful")
    assert group(aws, fleet)["LaunchTemplate"]["Version"] == "1"


@pytest.mark.parametrize("preferences", [
    {"MaxHealthyPercentage": 150}, {"MinHealthyPercentage": 101},
    {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 200},
])
def test_preferences_are_checked(aws: Clients, fleet: str, preferences: dict[str, int]) -> None:
    assert code_of(lambda: refresh(aws, fleet, **preferences)) in ("ValidationError", "ParamValidation")


@pytest.mark.parametrize(("desired", "floor", "ceiling", "start", "end"), [
    (2, 100, 150, 1, 0),        # one stand-in first
    (2, 90, 100, 0, 1),         # no room above: one goes first, or nothing would ever move
    (10, 90, 100, 0, 1), (10, 50, 100, 0, 5), (10, 100, 120, 2, 0), (1, 100, 150, 1, 0),
])
def test_the_arithmetic(desired: int, floor: int, ceiling: int, start: int, end: int) -> None:
    of = Group("g", "arn", 0, {}, {}, [], [], 0, desired, desired)
    one = Refresh("r", 0, "Rolling", {"MinHealthyPercentage": floor, "MaxHealthyPercentage": ceiling}, {}, None, [], 0)
    assert (room_to_start(of, one), room_to_end(of, one, desired)) == (start, end)
