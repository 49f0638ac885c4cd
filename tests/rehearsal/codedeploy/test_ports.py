"""The doors to the cloud, against moto's server (and a stub where moto has no such call)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto.server import ThreadedMotoServer

from rehearsal.codedeploy.engine.core import Engine
from rehearsal.codedeploy.engine.service import Loop
from rehearsal.codedeploy.ports import PortError, Ports, TagFilter
from rehearsal.codedeploy.ports.cloud import CloudScaling, connect
from rehearsal.codedeploy.ports.detached import detached
from rehearsal.codedeploy.store import Store

from .lab import Lab, deploy, events, info, make_group

REGION = "ap-northeast-2"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def aws(endpoint: str, name: str) -> Any:
    make: Callable[..., Any] = boto3.client
    return make(name, endpoint_url=endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture(scope="module")
def fleet(endpoint: str) -> list[str]:
    """Two instances in an Auto Scaling group behind a target group, both named `web`."""
    ec2, scaling, elbv2 = (aws(endpoint, name) for name in ("ec2", "autoscaling", "elbv2"))
    image = ec2.describe_images()["Images"][0]["ImageId"]
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = elbv2.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=subnet["VpcId"])
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    scaling.create_launch_configuration(LaunchConfigurationName="web", ImageId=image, InstanceType="t3.small")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchConfigurationName="web",
        MinSize=2,
        MaxSize=4,
        DesiredCapacity=2,
        VPCZoneIdentifier=subnet["SubnetId"],
        TargetGroupARNs=[arn],
        Tags=[{"Key": "tier", "Value": "web", "PropagateAtLaunch": True}],
    )
    found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"][0]
    return sorted(each["InstanceId"] for each in found["Instances"])


@pytest.fixture
def ports(endpoint: str, fleet: list[str]) -> Ports:
    return connect(endpoint, REGION)


def test_the_fleet_is_found_by_group_by_tag_and_by_id(ports: Ports, fleet: list[str]) -> None:
    members = ports.fleet.members(["web"])
    assert sorted(each.id for each in members) == fleet
    assert {(each.asg, each.lifecycle, each.in_service) for each in members} == {("web", "InService", True)}
    assert ports.fleet.members([]) == []
    assert ports.fleet.missing(["web", "nobody"]) == ["nobody"]
    web, other = TagFilter("tier", "web", "KEY_AND_VALUE"), TagFilter("tier", "was", "KEY_AND_VALUE")
    assert sorted(each.id for each in ports.fleet.tagged([[other, web]])) == fleet
    assert ports.fleet.tagged([[web], [other]]) == []
    assert ports.fleet.alive([fleet[0], "i-0123456789abcdef0"]) == {fleet[0]: True, "i-0123456789abcdef0": False}


def test_an_instance_is_terminated(endpoint: str, ports: Ports) -> None:
    ec2 = aws(endpoint, "ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    [made] = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"]
    ports.fleet.terminate([made["InstanceId"]])
    assert ports.fleet.alive([made["InstanceId"]]) == {made["InstanceId"]: False}


def test_targets_leave_and_join(ports: Ports, fleet: list[str]) -> None:
    assert ports.balancer.missing(["web", "nobody"]) == ["nobody"]
    assert set(ports.balancer.health("web")) == set(fleet)
    ports.balancer.deregister("web", [fleet[0]])
    left = ports.balancer.health("web")
    assert fleet[0] not in left or left[fleet[0]].state == "draining"
    ports.balancer.register("web", [fleet[0]])
    assert ports.balancer.health("web")[fleet[0]].state == "healthy"
    with pytest.raises(PortError, match="nobody does not exist"):
        ports.balancer.health("nobody")


def test_alarms_are_told_apart(endpoint: str, ports: Ports) -> None:
    cloudwatch = aws(endpoint, "cloudwatch")
    for name in ("quiet", "loud"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            MetricName="Latency",
            Namespace="coko",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            Statistic="Average",
            ComparisonOperator="GreaterThanThreshold",
        )
    cloudwatch.set_alarm_state(AlarmName="loud", StateValue="ALARM", StateReason="test")
    states = ports.alarms.states(["quiet", "loud", "nobody"])
    assert (states.ringing, states.unknown) == (("loud",), ("nobody",))


def test_launch_hooks_are_put_and_taken_away(endpoint: str, ports: Ports, fleet: list[str]) -> None:
    scaling = aws(endpoint, "autoscaling")
    hook = "CodeDeploy-managed-automatic-launch-deployment-hook-web-4711"
    ports.scaling.put_launch_hook("web", hook)
    [found] = scaling.describe_lifecycle_hooks(AutoScalingGroupName="web")["LifecycleHooks"]
    assert (found["LifecycleHookName"], found["LifecycleTransition"], found["DefaultResult"]) == (
        hook,
        "autoscaling:EC2_INSTANCE_LAUNCHING",
        "ABANDON",
    )
    assert found["HeartbeatTimeout"] == 600
    ports.scaling.delete_hook("web", hook)
    assert scaling.describe_lifecycle_hooks(AutoScalingGroupName="web")["LifecycleHooks"] == []


def test_lifecycle_actions_are_completed_and_kept_alive_by_instance(endpoint: str) -> None:
    """moto has neither call; the requests are held to the API's model."""
    client = aws(endpoint, "autoscaling")
    common = {"AutoScalingGroupName": "web", "LifecycleHookName": "hook", "InstanceId": "i-1"}
    with Stubber(client) as stub:
        stub.add_response("record_lifecycle_action_heartbeat", {}, common)
        stub.add_response("complete_lifecycle_action", {}, {**common, "LifecycleActionResult": "CONTINUE"})
        stub.add_client_error("complete_lifecycle_action", "ValidationError", "No active Lifecycle Action found")
        scaling = CloudScaling(client)
        scaling.heartbeat("web", "hook", "i-1")
        scaling.complete("web", "hook", "i-1", "CONTINUE")
        with pytest.raises(PortError, match="No active Lifecycle Action"):
            scaling.complete("web", "hook", "i-1", "ABANDON")


def test_letters_reach_the_topic(endpoint: str, ports: Ports) -> None:
    sns, sqs = aws(endpoint, "sns"), aws(endpoint, "sqs")
    topic = sns.create_topic(Name="ops")["TopicArn"]
    queue = sqs.create_queue(QueueName="ops")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    ports.notifications.publish(topic, "deployment start", '{"status": "CREATED"}')
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["Message"] == '{"status": "CREATED"}'


def test_a_cloud_that_is_away_is_a_port_error() -> None:
    away = connect("http://127.0.0.1:9", REGION)
    with pytest.raises(PortError, match="DescribeAutoScalingGroups web"):
        away.fleet.members(["web"])


def test_without_a_cloud_every_door_says_why() -> None:
    ports = detached()
    doors: list[Callable[[], object]] = [
        lambda: ports.fleet.members(["web"]),
        lambda: ports.fleet.tagged([]),
        lambda: ports.fleet.alive(["i-1"]),
        lambda: ports.fleet.terminate(["i-1"]),
        lambda: ports.balancer.missing(["web"]),
        lambda: ports.balancer.health("web"),
        lambda: ports.balancer.register("web", ["i-1"]),
        lambda: ports.balancer.deregister("web", ["i-1"]),
        lambda: ports.alarms.states(["latency"]),
        lambda: ports.scaling.put_launch_hook("web", "hook"),
        lambda: ports.scaling.delete_hook("web", "hook"),
        lambda: ports.scaling.complete("web", "hook", "i-1", "CONTINUE"),
        lambda: ports.scaling.heartbeat("web", "hook", "i-1"),
        lambda: ports.notifications.publish("arn", "subject", "message"),
    ]
    for door in doors:
        with pytest.raises(PortError, match="--cloud"):
            door()


def test_a_balanced_deployment_runs_over_the_real_doors(ports: Ports, fleet: list[str], tmp_path: Path) -> None:
    lab = Lab(tmp_path / "state.db")
    lab.engine = Engine(Store(tmp_path / "cloud.db"), ports, lambda: lab.now)
    lab.loop = Loop.over(lab.engine)
    lab.agents = lab.loop.agents
    with lab.api() as api:
        make_group(
            api,
            autoScalingGroups=["web"],
            deploymentStyle={"deploymentType": "IN_PLACE", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            loadBalancerInfo={"targetGroupInfoList": [{"name": "web"}]},
        )
        done = deploy(api)
        registered = []
        for _ in range(60):
            lab.work(*fleet, turns=1)
            registered.append(len([h for h in ports.balancer.health("web").values() if h.state == "healthy"]))
            if not lab.engine.live:
                break
        assert info(api, done)["status"] == "Succeeded"
        assert events(api, done, fleet[0])["BlockTraffic"]["status"] == "Succeeded"
    assert set(registered) == {1, 2}, "one was out at a time, and never both"
    assert registered[-1] == 2
