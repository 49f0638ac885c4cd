"""The real cloud and the real fleet: what the API wants runs, what falls is replaced, what is killed leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.errors import Failure
from rehearsal.fleet import ns, parts, reach
from rehearsal.fleet.ami import Image
from rehearsal.fleet.boxd.journal import Wanted
from tests.rehearsal.fleet.lab import eventually
from tests.rehearsal.fleet.world import World, launch


@pytest.fixture
def world(image: Image, tmp_path: Path, repository: Path) -> Iterator[World]:
    made = World(tmp_path, image.path.parent, repository)
    try:
        made.start_fleet()
        yield made
    finally:
        made.end()


def test_the_life_of_a_fleet(world: World) -> None:
    """One cloud and one fleet for all of it: starting them is what takes longest."""
    group = launch(world, 2)
    a_group_of_instances_becomes_boxes_in_their_subnets(world)
    a_part_of_another_module_has_its_address_its_name_and_its_group(world, group)
    a_rule_that_is_added_and_revoked_is_felt(world, group)
    scaling_out_and_in(world)
    a_killed_box_is_replaced(world)
    an_instance_that_shuts_itself_down_is_stopped_and_its_group_replaces_it(world)
    a_killed_vpc_comes_back_with_its_boxes_and_their_disks(world)
    a_killed_controller_leaves_nothing_and_the_next_one_goes_on(world)


def settled(world: World, hosts: int) -> bool:
    """As many boxes as hosts in service, with the same names and addresses, and user data done."""
    members = world.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]["Instances"]
    serving = {member["InstanceId"] for member in members if member["LifecycleState"] == "InService"}
    boxes = world.boxes()
    return len(serving) == hosts and serving == boxes.keys() and all(
        (box.files.upper("var") / "lib/keys").exists() for box in boxes.values())


def a_group_of_instances_becomes_boxes_in_their_subnets(world: World) -> None:
    eventually(lambda: settled(world, 2), 40)
    rows = world.client("ec2").describe_instances()["Reservations"]
    addresses = {row["InstanceId"]: row["PrivateIpAddress"] for r in rows for row in r["Instances"]}
    boxes = world.boxes()
    assert {name: box.ip for name, box in boxes.items()} == addresses
    assert {ip.rpartition(".")[0] for ip in addresses.values()} == {"10.8.1", "10.8.2"}
    one = reach.find(world.state, "web")
    keys = json.loads((one.files.upper("var") / "lib/keys").read_text())
    assert keys["AccessKeyId"].startswith("ASIA")           # the role's, assumed at the cloud's own STS
    assert any("boots" in entry.message for entry in one.journal(Wanted()))
    with pytest.raises(Failure, match="no box is called mars"):
        reach.find(world.state, "mars")


def a_part_of_another_module_has_its_address_its_name_and_its_group(world: World, group: str) -> None:
    """A balancer: it listens inside the VPC on an address of its own, and rules that name its group admit it."""
    ec2 = world.client("ec2")
    vpc = next(iter(json.loads((world.state / "fleet.json").read_text())["vpcs"]))
    balancer = ec2.create_security_group(GroupName="balancer", Description="balancer", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 81, "ToPort": 81, "UserIdGroupPairs": [{"GroupId": balancer}]}])
    one = next(iter(world.boxes().values()))
    world.sh(one, "setsid python3 -m http.server 81 >/dev/null 2>&1 &")
    pid = json.loads((world.state / "fleet.json").read_text())["vpcs"][vpc]
    get = ns.net(pid, "curl", "-s", "-m", "1", "-o", "/dev/null", "-w", "%{http_code}", "--interface", "10.8.1.200",
                 f"http://{one.ip}:81/")
    part = parts.Part(vpc, ("10.8.1.200",), {balancer: ("10.8.1.200",)}, {"inner.example": "10.8.1.200"})
    parts.write(world.state, "balancer", part)
    eventually(lambda: subprocess.run(get, capture_output=True, text=True, check=False).stdout == "200")
    assert world.sh(one, "getent ahostsv4 inner.example").split()[0] == "10.8.1.200"
    parts.remove(world.state, "balancer")
    eventually(lambda: world.sh(one, "getent ahostsv4 inner.example") == "")
    eventually(lambda: subprocess.run(get, capture_output=True, text=True, check=False).stdout == "000")


def a_rule_that_is_added_and_revoked_is_felt(world: World, group: str) -> None:
    one, two = list(world.boxes().values())
    serve = "setsid python3 -m http.server 80 >/dev/null 2>&1 &"
    world.sh(two, serve)
    get = f"curl -s -m 1 -o /dev/null -w '%{{http_code}}' http://{two.ip}/"
    assert world.sh(one, get) == "000"
    rule = {"GroupId": group, "IpPermissions": [
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": group}]}]}
    world.client("ec2").authorize_security_group_ingress(**rule)
    eventually(lambda: world.sh(one, get) == "200")
    world.client("ec2").revoke_security_group_ingress(**rule)
    eventually(lambda: world.sh(one, get) == "000")


def scaling_out_and_in(world: World) -> None:
    autoscaling = world.client("autoscaling")
    autoscaling.set_desired_capacity(AutoScalingGroupName="hosts", DesiredCapacity=3)
    eventually(lambda: settled(world, 3), 30)
    autoscaling.set_desired_capacity(AutoScalingGroupName="hosts", DesiredCapacity=2)
    eventually(lambda: settled(world, 2), 30)
    eventually(lambda: len(list((world.state / "boxes").iterdir())) == 2)       # its disk went with it


def a_killed_box_is_replaced(world: World) -> None:
    victim = next(iter(world.boxes().values()))
    os.kill(victim.pid, signal.SIGKILL)
    eventually(lambda: settled(world, 2) and victim.id not in world.boxes(), 30)


def an_instance_that_shuts_itself_down_is_stopped_and_its_group_replaces_it(world: World) -> None:
    victim = next(iter(world.boxes().values()))
    world.sh(victim, "poweroff")
    eventually(lambda: settled(world, 2) and victim.id not in world.boxes(), 30)


def a_killed_vpc_comes_back_with_its_boxes_and_their_disks(world: World) -> None:
    before = world.boxes()
    vpcs = json.loads((world.state / "fleet.json").read_text())["vpcs"]
    os.kill(next(iter(vpcs.values())), signal.SIGKILL)
    eventually(lambda: world.boxes().keys() == before.keys()
               and all(world.boxes()[name].pid != box.pid for name, box in before.items()), 30)
    assert settled(world, 2)
    for box in world.boxes().values():
        eventually(lambda box=box: world.sh(box, "systemctl is-active cloud-final") == "active")  # type: ignore[misc]
        assert (box.files.upper("var") / "lib/ran").read_text() == "ran\n"      # once in the life of an instance


def a_killed_controller_leaves_nothing_and_the_next_one_goes_on(world: World) -> None:
    before = world.boxes()
    vpcs = json.loads((world.state / "fleet.json").read_text())["vpcs"]
    world.end_fleet(signal.SIGKILL)
    eventually(lambda: not any(ns.started(box.pid) for box in before.values()))
    eventually(lambda: not any(ns.started(pid) for pid in vpcs.values()))
    assert reach.boxes(world.state) == []
    world.start_fleet()
    eventually(lambda: world.boxes().keys() == before.keys(), 30)
    world.end_fleet(signal.SIGTERM)
    assert reach.boxes(world.state) == []
    assert str(world.state) not in Path("/proc/mounts").read_text()
