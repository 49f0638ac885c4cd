"""A restart loses nothing, or says plainly that it did."""

from __future__ import annotations

import hashlib
import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from rehearsal.cloud.memory import Memory
from rehearsal.cloud.world import World
from tests.rehearsal.cloud import ROOT, Cloud, Network, image, template, until


def memory(cloud: Cloud) -> dict[str, Any]:
    with urllib.request.urlopen(f"{cloud.endpoint}/_rehearsal/health") as answer:
        found: dict[str, Any] = json.loads(answer.read())["memory"]
    return found


def furnish(cloud: Cloud) -> str:
    """Something of each kind that pickles badly: keys, locks, files, our own rooms."""
    aws, network = cloud.aws, Network(cloud.aws)
    aws.s3.create_bucket(Bucket="releases", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    aws.s3.put_object(Bucket="releases", Key="bundle", Body=b"b" * 50_000)
    aws.s3.put_object(Bucket="releases", Key="small", Body=b"s")
    aws.acm.request_certificate(DomainName="coko.test", ValidationMethod="DNS")
    aws.sqs.create_queue(QueueName="hooks")
    aws.kms.create_key()
    aws.ssm.put_parameter(Name="/coko/x", Value="1", Type="String")
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web", MinSize=2, MaxSize=4, VPCZoneIdentifier=",".join(network.subnets[:2]),
        LaunchTemplate={"LaunchTemplateId": template(aws)})
    return str(network.vpc)


def seen(cloud: Cloud) -> dict[str, Any]:
    """What a client can tell of it."""
    aws = cloud.aws
    return {
        "vpcs": sorted(v["VpcId"] for v in aws.ec2.describe_vpcs()["Vpcs"]),
        "bundle": aws.s3.get_object(Bucket="releases", Key="bundle")["Body"].read(),
        "certificates": [c["CertificateArn"] for c in aws.acm.list_certificates()["CertificateSummaryList"]],
        "keys": [k["KeyId"] for k in aws.kms.list_keys()["Keys"]],
        "parameter": aws.ssm.get_parameter(Name="/coko/x")["Parameter"]["Value"],
        "members": sorted(i["InstanceId"] for i in aws.autoscaling.describe_auto_scaling_instances()
                          ["AutoScalingInstances"]),
        "instances": sorted(i["InstanceId"] for r in aws.ec2.describe_instances()["Reservations"]
                            for i in r["Instances"]),
    }


def kept(cloud: Cloud) -> bool:
    now = memory(cloud)
    return bool(now["kept"] == now["changes"])


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_restarts_and_kills_lose_nothing_or_say_so(state: Path) -> None:
    first = Cloud(state)
    furnish(first)
    until(lambda: kept(first) and len(seen(first)["members"]) == 2)
    before, identity = seen(first), memory(first)
    first.stop()
    second = Cloud(state)
    assert (memory(second)["id"], seen(second)) == (identity["id"], before)
    more = second.aws.ec2.run_instances(ImageId=image(second.aws), MinCount=1, MaxCount=1)["Instances"][0]
    assert more["InstanceId"] not in before["instances"]
    second.aws.s3.delete_object(Bucket="releases", Key="small")
    until(lambda: kept(second))
    second.stop(signal.SIGKILL)
    third = Cloud(state)
    assert memory(third)["id"] == identity["id"]
    assert seen(third)["instances"] == sorted([*before["instances"], more["InstanceId"]])
    assert third.aws.sqs.get_queue_url(QueueName="hooks")["QueueUrl"]

    until(lambda: kept(third))
    third.aws.ec2.create_vpc(CidrBlock="10.9.0.0/16")      # answered, and killed before it could be written down
    assert "Traceback" not in third.stop(signal.SIGKILL)
    fourth = Cloud(state)
    assert memory(fourth)["id"] != identity["id"]
    assert "before 1 of its last changes" in memory(fourth)["because"]
    assert [v for v in fourth.aws.ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]] == []
    fourth.stop()


@pytest.mark.parametrize(("damage", "because"), [
    (lambda path: path.write_bytes(path.read_bytes()[:-20]), "cannot be read"),
    (lambda path: path.write_bytes(b"\x00garbage"), "cannot be read"),
    (lambda path: path.write_bytes(path.read_bytes().replace(b'"format": [1', b'"format": [0', 1)), "another version"),
    (lambda path: path.unlink(), "no snapshot"),
    (lambda path: path.with_name("changes").write_bytes(b"?" * 16), "last changes were on disk"),
    (lambda path: path.with_name("changes").write_bytes(b"torn"), "last changes were on disk"),
])
def test_a_damaged_memory_starts_empty_and_says_why(state: Path, damage: Any, because: str) -> None:
    first = open_memory(state)
    first.world.room("ours", dict[str, str])["a"] = "b"
    first.world.changed()
    first.keep()
    first.close()
    again = open_memory(state)
    assert again.identity == first.identity
    assert again.world.rooms == {"ours": {"a": "b"}}
    again.close()
    damage(state / "memory.pickle")
    damaged = open_memory(state)
    assert damaged.identity.id != first.identity.id
    assert because in damaged.identity.because
    assert damaged.world.rooms == {}
    damaged.close()


def open_memory(state: Path) -> Memory:
    memory = Memory(state, World())
    memory.world.on_change = memory.note
    return memory


def test_what_cannot_be_written_down_is_said(state: Path) -> None:
    memory = open_memory(state)
    memory.world.room("ours", dict[str, Any])["socket"] = socket.socket()
    memory.world.changed()
    memory.keep()
    assert "socket" in memory.unkeepable
    memory.close()
    again = open_memory(state)
    assert again.identity.id != memory.identity.id
    again.close()


def test_it_is_written_when_things_are_quiet_and_at_last_anyway(state: Path) -> None:
    now = [100.0]
    memory = Memory(state, World(), clock=lambda: now[0])
    memory.world.on_change = memory.note
    memory.keep()
    due = []
    for _ in range(30):      # a change every tenth of a second: never quiet
        memory.world.changed()
        now[0] += 0.1
        due.append(memory.is_due())
    assert due[:18] == [False] * 18
    assert due[-5:] == [True] * 5
    memory.keep()
    assert not memory.is_due()
    memory.world.changed()
    assert not memory.is_due()
    now[0] += 0.4
    assert memory.is_due()
    memory.close()


def test_one_memory_has_one_cloud(cloud: Cloud) -> None:
    other = subprocess.run([sys.executable, "-m", "rehearsal.cloud", "--state", str(cloud.state)], cwd=ROOT,
                           check=False, capture_output=True, text=True)
    assert other.returncode == 1
    assert f"in use by process {cloud.process.pid}" in other.stderr
    assert "Traceback" not in other.stderr


def test_a_port_that_is_taken_is_said_plainly(cloud: Cloud, state: Path) -> None:
    port = cloud.endpoint.rsplit(":", 1)[1]
    other = subprocess.run([sys.executable, "-m", "rehearsal.cloud", "--port", port, "--state", str(state)], cwd=ROOT,
                           check=False, capture_output=True, text=True)
    assert other.returncode == 1
    assert f"port {port}" in other.stderr
    assert "Traceback" not in other.stderr


def test_content_is_written_once_and_goes_when_it_is_gone(cloud: Cloud) -> None:
    s3, bucket, body = cloud.aws.s3, cloud.aws.name("content"), b"b" * 50_000
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    s3.put_object(Bucket=bucket, Key="bundle", Body=body)
    content = cloud.state / "objects" / hashlib.sha256(body).hexdigest()
    until(lambda: kept(cloud))
    written = content.stat().st_mtime_ns
    s3.put_object(Bucket=bucket, Key="small", Body=b"s")
    until(lambda: kept(cloud))
    assert content.stat().st_mtime_ns == written
    s3.delete_object(Bucket=bucket, Key="bundle")
    until(lambda: kept(cloud))
    assert not content.exists()


def test_the_memory_is_its_owners_alone(state: Path) -> None:
    memory = open_memory(state)
    memory.world.changed()
    memory.keep()
    memory.close()
    assert [path.name for path in [state, *state.iterdir()] if path.stat().st_mode & 0o077] == []
