"""What hosts are made of: image, metadata, disks, first boot; and how fleets grow, shrink and are replaced."""

from __future__ import annotations

import base64
import gzip
import subprocess
from typing import Any

import pytest

from infra.host import USER_DATA_LIMIT, image_parameter
from infra.policy.recording import Recorded
from tests.infra import STACKS, recorded, recorded_with, values

TEMPLATE = "ec2/launchTemplate:LaunchTemplate"
GROUP = "autoscaling/group:Group"


def first_boot(encoded: str) -> str:
    return gzip.decompress(base64.b64decode(encoded)).decode()


def scripts(stack: str) -> dict[str, str]:
    recording = recorded(stack)
    fleet = {t.name: first_boot(t.inputs["userData"]) for t in recording.of(TEMPLATE)}
    return fleet | {i.name: first_boot(i.inputs["userDataBase64"]) for i in recording.of("ec2/instance:Instance")}


@pytest.mark.parametrize("stack", STACKS)
def test_user_data_is_a_shell_script_that_fits(stack: str) -> None:
    for name, script in scripts(stack).items():
        assert script.startswith("#!/usr/bin/env bash\n"), name
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        assert len(gzip.compress(script.encode())) < USER_DATA_LIMIT * 3 // 4, f"{name} has little room left"


@pytest.mark.parametrize("stack", STACKS)
def test_user_data_starts_the_agent_now_and_at_every_boot(stack: str) -> None:
    for name in ("coko-web", "coko-was"):
        script = scripts(stack)[name]
        assert "codedeploy-agent" in script
        assert "enable" in script


@pytest.mark.parametrize("stack", STACKS)
def test_user_data_knows_its_place_and_no_secret(stack: str) -> None:
    for name in ("coko-web", "coko-was"):
        script = scripts(stack)[name]
        assert f"export COKO_STACK={stack}\n" in script
        assert f"export COKO_TIER={name.removeprefix('coko-')}\n" in script
    for script in scripts(stack).values():
        assert "arn:aws:secretsmanager" not in script


def test_the_same_program_gives_the_same_user_data() -> None:
    """Otherwise every `pulumi up` would replace the fleet."""
    again, before = recorded_with("dev"), recorded("dev")
    assert [t.inputs["userData"] for t in again.of(TEMPLATE)] == [t.inputs["userData"] for t in before.of(TEMPLATE)]


@pytest.mark.parametrize(("instance_type", "architecture"), [
    ("t3.micro", "amd64"), ("m7g.large", "arm64"), ("t4g.small", "arm64"), ("c6gn.large", "arm64"),
    ("g5.xlarge", "amd64"),
])
def test_the_image_fits_the_processor(instance_type: str, architecture: str) -> None:
    assert f"/{architecture}/" in image_parameter(instance_type)


@pytest.mark.parametrize("stack", STACKS)
def test_metadata_and_disks(stack: str) -> None:
    for template in recorded(stack).of(TEMPLATE):
        options = template.inputs["metadataOptions"]
        assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)
        disk = template.inputs["blockDeviceMappings"][0]["ebs"]
        assert (disk["encrypted"], disk["volumeType"]) == ("true", "gp3")


def groups(**changes: Any) -> dict[str, Recorded]:
    return {group.name: group for group in recorded_with("dev", **changes).of(GROUP)}


def test_in_place_has_one_group_and_blue_green_two() -> None:
    section = {**values("dev")["web"], "deployment": "blue_green"}
    assert set(groups()) == {"coko-web-blue", "coko-was-blue"}
    both = groups(web=section)
    assert set(both) == {"coko-web-blue", "coko-web-green", "coko-was-blue"}
    assert both["coko-web-green"].inputs["desiredCapacity"] == 0
    assert both["coko-web-green"].inputs["minSize"] == 0
    arns = {group.inputs["targetGroupArns"][0] for name, group in both.items() if "web" in name}
    assert len(arns) == 1, "both colours share one target group"


@pytest.mark.parametrize("stack", STACKS)
def test_fleets_span_zones_and_are_refreshed(stack: str) -> None:
    for group in recorded(stack).of(GROUP):
        assert len(group.inputs["vpcZoneIdentifiers"]) == recorded(stack).settings.network.zones
        assert group.inputs["healthCheckType"] == "ELB"
        assert group.inputs["instanceRefresh"]["preferences"]["minHealthyPercentage"] == 100
        assert all(tag["propagateAtLaunch"] for tag in group.inputs["tags"])


def test_step_scaling_is_two_hosts_at_a_time() -> None:
    policies = {p.name: p.inputs for p in recorded("dev").of("autoscaling/policy:Policy")}
    assert policies["coko-web-blue-grow"]["stepAdjustments"][0]["scalingAdjustment"] == 2
    assert policies["coko-web-blue-shrink"]["stepAdjustments"][0]["scalingAdjustment"] == -2


def test_target_tracking_can_be_chosen() -> None:
    made = recorded_with("dev", web={**values("dev")["web"], "scaling": {"mode": "target", "target": 60}})
    policies = {p.name: p.inputs for p in made.of("autoscaling/policy:Policy")}
    assert policies["coko-web-blue-track"]["targetTrackingConfiguration"]["targetValue"] == 60
    assert "coko-web-blue-grow" not in policies
