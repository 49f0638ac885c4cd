"""Lifecycle hooks: what they hold, who lets go, and what they tell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.rehearsal.cloud import ACCOUNT, REGION, Clients, Network, code_of, template, until
from tests.rehearsal.cloud.test_scaling_groups import group, serving

LAUNCHING, TERMINATING = "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"


@pytest.fixture
def fleet(aws: Clients, network: Network) -> str:
    name = aws.name("hooked")
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=0, MaxSize=4, VPCZoneIdentifier=",".join(network.subnets[:2]),
        LaunchTemplate={"LaunchTemplateId": template(aws)})
    return name


def hook(aws: Clients, fleet: str, transition: str, **words: Any) -> str:
    aws.autoscaling.put_lifecycle_hook(AutoScalingGroupName=fleet, LifecycleHookName="hook",
                                       LifecycleTransition=transition, **words)
    return "hook"


def waiting(aws: Clients, fleet: str, state: str) -> str:
    return until(lambda: next((str(m["InstanceId"]) for m in group(aws, fleet)["Instances"]
                               if m["LifecycleState"] == state), None))


def complete(aws: Clients, fleet: str, instance: str, result: str) -> None:
    aws.autoscaling.complete_lifecycle_action(AutoScalingGroupName=fleet, LifecycleHookName="hook", InstanceId=instance,
                                              LifecycleActionResult=result)


def test_a_hook_reads_back_as_it_is(aws: Clients, fleet: str) -> None:
    target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:none"
    hook(aws, fleet, LAUNCHING, HeartbeatTimeout=600, NotificationTargetARN=target, NotificationMetadata="m",
         RoleARN=f"arn:aws:iam::{ACCOUNT}:role/r")
    [found] = aws.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=fleet)["LifecycleHooks"]
    assert found == {
        "LifecycleHookName": "hook", "AutoScalingGroupName": fleet, "LifecycleTransition": LAUNCHING,
        "HeartbeatTimeout": 600, "GlobalTimeout": 60000, "DefaultResult": "ABANDON", "NotificationMetadata": "m",
        "NotificationTargetARN": target, "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/r"}
    aws.autoscaling.delete_lifecycle_hook(AutoScalingGroupName=fleet, LifecycleHookName="hook")
    assert aws.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=fleet)["LifecycleHooks"] == []


def test_a_launch_waits_until_somebody_continues_it(aws: Clients, fleet: str) -> None:
    hook(aws, fleet, LAUNCHING)
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=1)
    instance = waiting(aws, fleet, "Pending:Wait")
    aws.autoscaling.record_lifecycle_action_heartbeat(AutoScalingGroupName=fleet, LifecycleHookName="hook",
                                                      InstanceId=instance)
    complete(aws, fleet, instance, "CONTINUE")
    assert serving(aws, fleet, 1)[0]["InstanceId"] == instance
    assert code_of(lambda: complete(aws, fleet, instance, "CONTINUE")) == "ValidationError"


def test_an_abandoned_launch_is_replaced(aws: Clients, fleet: str) -> None:
    hook(aws, fleet, LAUNCHING)
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=1)
    first = waiting(aws, fleet, "Pending:Wait")
    complete(aws, fleet, first, "ABANDON")
    second = until(lambda: (found := waiting(aws, fleet, "Pending:Wait")) != first and found)
    state = aws.ec2.describe_instances(InstanceIds=[first])["Reservations"][0]["Instances"][0]["State"]["Name"]
    assert state == "terminated"
    assert second


@pytest.mark.parametrize(("default", "state"), [("CONTINUE", "InService"), ("ABANDON", "Pending:Wait")])
def test_a_hook_that_nobody_answers_gets_its_default(aws: Clients, fleet: str, default: str, state: str) -> None:
    hook(aws, fleet, LAUNCHING, HeartbeatTimeout=1, DefaultResult=default)
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=1)
    first = waiting(aws, fleet, "Pending:Wait")
    if default == "CONTINUE":
        assert waiting(aws, fleet, state) == first
    else:
        assert until(lambda: (found := waiting(aws, fleet, state)) != first and found)
        aws.autoscaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=0)


def test_an_end_waits_too(aws: Clients, fleet: str) -> None:
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=1)
    [member] = serving(aws, fleet, 1)
    hook(aws, fleet, TERMINATING)
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=0)
    assert waiting(aws, fleet, "Terminating:Wait") == member["InstanceId"]
    complete(aws, fleet, member["InstanceId"], "CONTINUE")
    until(lambda: group(aws, fleet)["Instances"] == [])


def test_the_message_reaches_the_queue(aws: Clients, fleet: str) -> None:
    url = aws.sqs.create_queue(QueueName=fleet)["QueueUrl"]
    hook(aws, fleet, LAUNCHING, NotificationTargetARN=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{fleet}",
         NotificationMetadata="id", RoleARN=f"arn:aws:iam::{ACCOUNT}:role/r")
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=1)
    instance = waiting(aws, fleet, "Pending:Wait")
    [message] = aws.sqs.receive_message(QueueUrl=url)["Messages"]
    told = json.loads(message["Body"])
    assert (told["EC2InstanceId"], told["LifecycleTransition"]) == (instance, LAUNCHING)
    assert told["NotificationMetadata"] == "id"
    aws.autoscaling.complete_lifecycle_action(
        AutoScalingGroupName=fleet, LifecycleHookName="hook", LifecycleActionToken=told["LifecycleActionToken"],
        LifecycleActionResult="CONTINUE")
    assert serving(aws, fleet, 1)[0]["InstanceId"] == instance


def test_deleting_a_hook_frees_who_waits(aws: Clients, fleet: str) -> None:
    hook(aws, fleet, LAUNCHING)
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=1)
    instance = waiting(aws, fleet, "Pending:Wait")
    aws.autoscaling.delete_lifecycle_hook(AutoScalingGroupName=fleet, LifecycleHookName="hook")
    assert serving(aws, fleet, 1)[0]["InstanceId"] == instance
