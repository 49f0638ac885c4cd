"""The whole way: boto3 asks the rehearsal's cloud for balancers, HAProxy is them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rehearsal.balancer.cloud import doors
from rehearsal.balancer.service import Service
from tests.rehearsal.balancer.hosts import Host
from tests.rehearsal.balancer.lab import SCALE, eventually, free_port, get
from tests.rehearsal.cloud import Clients, Cloud, Network


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Clients]:
    made = Cloud(tmp_path / "cloud")
    yield made.aws
    made.stop()


@pytest.fixture
def service(aws: Clients, tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path / "balancer", doors(aws.endpoint, "ap-northeast-2"), SCALE)
    stop = threading.Event()
    thread = threading.Thread(target=made.run, args=(stop,))
    thread.start()
    yield made
    stop.set()
    thread.join()
    made.close()


def states(service: Service, arn: str) -> dict[str, str]:
    return {target.id: found.state for target, found in service.health().get(arn, [])}


def test_what_the_api_is_asked_for_runs(aws: Clients, service: Service, host: Callable[[str], Host]) -> None:
    network, one, port = Network(aws), host("one"), free_port()
    arn = aws.elbv2.create_target_group(
        Name="web", Protocol="HTTP", Port=80, VpcId=network.vpc, TargetType="ip", HealthCheckPath="/healthz",
        HealthCheckIntervalSeconds=10, HealthCheckTimeoutSeconds=5, HealthyThresholdCount=2, UnhealthyThresholdCount=2,
        Matcher={"HttpCode": "200"})["TargetGroups"][0]["TargetGroupArn"]
    aws.elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[
        {"Key": "deregistration_delay.timeout_seconds", "Value": "10"}])
    aws.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": "127.0.0.1", "Port": one.port}])
    eventually(lambda: states(service, arn) == {"127.0.0.1": "unused"}, lambda: str(service.problems))
    front = aws.elbv2.create_load_balancer(Name="front", Subnets=network.subnets[:2],
                                           SecurityGroups=[network.group])["LoadBalancers"][0]["LoadBalancerArn"]
    made = aws.elbv2.create_listener(
        LoadBalancerArn=front, Port=port, Protocol="HTTP", DefaultActions=[
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain",
                                                               "MessageBody": "nothing"}}])["Listeners"][0]
    aws.elbv2.create_rule(
        ListenerArn=made["ListenerArn"], Priority=5, Actions=[{"Type": "forward", "TargetGroupArn": arn}],
        Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": ["coko.test"]}}])
    eventually(lambda: states(service, arn) == {"127.0.0.1": "healthy"},
               lambda: f"{service.problems} {service.health()}")
    assert get(port).told["host"] == "one"
    assert (get(port, host="another.test").status, get(port, host="another.test").text) == (404, "nothing")
    aws.elbv2.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": "127.0.0.1", "Port": one.port}])
    eventually(lambda: states(service, arn) == {"127.0.0.1": "draining"}, lambda: str(service.health()))
    eventually(lambda: states(service, arn) == {}, lambda: str(service.health()))
    aws.elbv2.delete_load_balancer(LoadBalancerArn=front)
    eventually(lambda: not service.parts)
