"""Scaling policies, and the target groups that a group's instances stand in."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.cloud.errors import AwsError
from rehearsal.cloud.services.autoscaling.capacity import adjusted, bounds, step_for
from tests.rehearsal.cloud import Clients, Network, code_of, template, until
from tests.rehearsal.cloud.test_scaling_groups import group, serving

STEP: dict[str, Any] = {"PolicyType": "StepScaling", "AdjustmentType": "ChangeInCapacity",
                        "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 2}]}


def target_group(aws: Clients, network: Network) -> str:
    made = aws.elbv2.create_target_group(Name=aws.name("targets"), Protocol="HTTP", Port=80, VpcId=network.vpc)
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def targets(aws: Clients, arn: str) -> set[str]:
    rows = aws.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return {row["Target"]["Id"] for row in rows if row["TargetHealth"]["State"] not in ("unused", "draining")}


def make(aws: Clients, network: Network, **words: Any) -> str:
    name = aws.name("scaled")
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=1, MaxSize=4, VPCZoneIdentifier=",".join(network.subnets[:2]),
        LaunchTemplate={"LaunchTemplateId": template(aws)}, **words)
    serving(aws, name, 1)
    return name


@pytest.fixture
def fleet(aws: Clients, network: Network) -> str:
    return make(aws, network)


def put(aws: Clients, fleet: str, name: str = "grow", **words: Any) -> str:
    return str(aws.autoscaling.put_scaling_policy(AutoScalingGroupName=fleet, PolicyName=name, **{**STEP, **words})
               ["PolicyARN"])


def test_a_policy_has_one_arn_and_reads_back(aws: Clients, fleet: str) -> None:
    arn = put(aws, fleet, EstimatedInstanceWarmup=120)
    assert put(aws, fleet, EstimatedInstanceWarmup=120) == arn
    assert arn.endswith(f":autoScalingGroupName/{fleet}:policyName/grow")
    [found] = aws.autoscaling.describe_policies(AutoScalingGroupName=fleet)["ScalingPolicies"]
    assert (found["PolicyARN"], found["EstimatedInstanceWarmup"], found["Enabled"]) == (arn, 120, True)
    assert found["StepAdjustments"] == STEP["StepAdjustments"]
    assert found["MetricAggregationType"] == "Average"


def test_names_are_the_groups_own(aws: Clients, network: Network, fleet: str) -> None:
    other = make(aws, network)
    assert put(aws, fleet) != put(aws, other)
    aws.autoscaling.delete_policy(AutoScalingGroupName=fleet, PolicyName="grow")
    assert aws.autoscaling.describe_policies(AutoScalingGroupName=fleet)["ScalingPolicies"] == []
    assert len(aws.autoscaling.describe_policies(AutoScalingGroupName=other)["ScalingPolicies"]) == 1


def test_a_step_policy_scales_within_the_bounds(aws: Clients, fleet: str) -> None:
    put(aws, fleet)
    for size in (3, 4):
        aws.autoscaling.execute_policy(AutoScalingGroupName=fleet, PolicyName="grow", MetricValue=80,
                                       BreachThreshold=70)
        assert len(serving(aws, fleet, size)) == size
    assert code_of(lambda: aws.autoscaling.execute_policy(AutoScalingGroupName=fleet, PolicyName="grow")) == \
        "ValidationError"


def test_an_alarm_scales_and_tells(aws: Clients, fleet: str) -> None:
    arn = put(aws, fleet)
    topic, queue = aws.sns.create_topic(Name=fleet)["TopicArn"], aws.sqs.create_queue(QueueName=fleet)["QueueUrl"]
    queue_arn = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    aws.cloudwatch.put_metric_alarm(
        AlarmName=fleet, Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average", Period=60, Threshold=70,
        EvaluationPeriods=2, ComparisonOperator="GreaterThanOrEqualToThreshold", AlarmActions=[arn, topic])
    [found] = aws.autoscaling.describe_policies(PolicyNames=[arn])["ScalingPolicies"]
    assert [alarm["AlarmName"] for alarm in found["Alarms"]] == [fleet]
    for _ in range(2):      # the second one is no change of state, so it does nothing
        aws.cloudwatch.set_alarm_state(AlarmName=fleet, StateValue="ALARM", StateReason="a test")
    assert len(serving(aws, fleet, 3)) == 3
    messages = aws.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert len(messages) == 1
    assert "a test" in messages[0]["Body"]


@pytest.mark.parametrize("words", [
    {"PolicyType": "Sometimes"}, {"StepAdjustments": []}, {"AdjustmentType": "Doubling"},
    {"PolicyType": "SimpleScaling"}, {"PolicyType": "TargetTrackingScaling"},
])
def test_a_policy_that_says_nothing_is_refused(aws: Clients, fleet: str, words: dict[str, Any]) -> None:
    assert code_of(lambda: put(aws, fleet, **words)) == "ValidationError"


@pytest.mark.parametrize("words", ["TargetGroupARNs", "TrafficSources"])
def test_members_stand_in_the_target_group_and_only_they(aws: Clients, network: Network, words: str) -> None:
    arn = target_group(aws, network)
    given: list[Any] = [arn] if words == "TargetGroupARNs" else [{"Identifier": arn, "Type": "elbv2"}]
    fleet = make(aws, network, **{words: given})
    [member] = serving(aws, fleet, 1)
    assert targets(aws, arn) == {member["InstanceId"]}
    aws.ec2.terminate_instances(InstanceIds=[member["InstanceId"]])
    until(lambda: targets(aws, arn) - {member["InstanceId"]})
    assert targets(aws, arn) == {m["InstanceId"] for m in serving(aws, fleet, 1)}


def test_target_groups_come_and_go(aws: Clients, network: Network, fleet: str) -> None:
    arn, scaling = target_group(aws, network), aws.autoscaling
    members = {m["InstanceId"] for m in group(aws, fleet)["Instances"]}
    scaling.attach_load_balancer_target_groups(AutoScalingGroupName=fleet, TargetGroupARNs=[arn])
    assert targets(aws, arn) == members
    [source] = scaling.describe_traffic_sources(AutoScalingGroupName=fleet)["TrafficSources"]
    assert (source["Identifier"], source["Type"]) == (arn, "elbv2")
    scaling.detach_traffic_sources(AutoScalingGroupName=fleet, TrafficSources=[{"Identifier": arn}])
    assert targets(aws, arn) == set()
    assert group(aws, fleet)["TargetGroupARNs"] == []


def test_a_suspended_group_registers_nobody(aws: Clients, network: Network, fleet: str) -> None:
    """What blue/green does with its idle colour."""
    arn = target_group(aws, network)
    aws.autoscaling.suspend_processes(AutoScalingGroupName=fleet, ScalingProcesses=["AddToLoadBalancer"])
    aws.autoscaling.attach_load_balancer_target_groups(AutoScalingGroupName=fleet, TargetGroupARNs=[arn])
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=fleet, DesiredCapacity=3)
    serving(aws, fleet, 3)
    assert targets(aws, arn) == set()


@pytest.mark.parametrize(("kind", "change", "current", "wanted"), [
    ("ChangeInCapacity", -2, 5, 3), ("ExactCapacity", 4, 9, 4), ("PercentChangeInCapacity", 10, 4, 5),
    ("PercentChangeInCapacity", -10, 4, 3), ("PercentChangeInCapacity", 50, 5, 7),
])
def test_the_arithmetic_of_policies(kind: str, change: int, current: int, wanted: int) -> None:
    assert adjusted(kind, change, current) == wanted


def test_the_step_that_a_breach_falls_into() -> None:
    steps: list[dict[str, float]] = [{"MetricIntervalUpperBound": -10, "ScalingAdjustment": -2},
             {"MetricIntervalLowerBound": -10, "MetricIntervalUpperBound": 0, "ScalingAdjustment": -1},
             {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
             {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 3}]
    assert [step_for(steps, breach) for breach in (-20.0, -5.0, 0.0, 9.9, 10.0)] == [-2, -1, 1, 1, 3]


@pytest.mark.parametrize("sizes", [(3, 2, 2), (0, 1, 2), (2, 3, 1), (-1, 3, 1)])
def test_sizes_that_contradict_each_other(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(AwsError):
        bounds(*sizes)
