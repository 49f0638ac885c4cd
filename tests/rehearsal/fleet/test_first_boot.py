"""The program's own user data, unchanged, in a box of either tier: installs nothing and serves."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from infra.host import render_user_data
from rehearsal.fleet.box import Box
from tests.rehearsal.fleet.conftest import Cloud
from tests.rehearsal.fleet.lab import Lab, eventually, sh

PATHS = {"web": "/healthz", "was": "/readyz"}


def user_data(tier: str) -> bytes:
    """What EC2 hands out: the launch template's, no longer in base64 but still packed."""
    return base64.b64decode(render_user_data("first_boot.sh", {
        "COKO_STACK": "rehearsal", "COKO_TIER": tier, "AWS_REGION": "ap-northeast-2", "COKO_SWAP_MIB": "1024",
        "CODEDEPLOY_AGENT_VERSION": "1.8.1-1", "COKO_LOG_GROUP_PREFIX": "/coko/rehearsal",
        "COKO_HEALTH_PATH": PATHS[tier]}))


def first_boot_log(box: Box) -> str:
    path = Path(f"/proc/{box.pid}/root/var/log/cloud-init-output.log")
    return path.read_text() if path.exists() else ""


def booted(lab: Lab, tier: str) -> Box:
    box = lab.box(user_data=user_data(tier), tags={"Name": tier, "aws:autoscaling:groupName": f"{tier}-blue"})
    eventually(lambda: sh(box, "systemctl is-active cloud-final", None) != "activating", 40)
    log = first_boot_log(box)
    assert sh(box, "systemctl is-active cloud-final", None) == "active", log
    assert "WARNING" not in log
    assert "==> done" in log
    sh(box, "test ! -e /var/lib/apt")         # apt was never asked
    return box


@pytest.mark.parametrize(("tier", "port"), [("web", 80), ("was", 8000)])
def test_a_host_is_healthy_before_its_first_release(lab: Lab, cloud: Cloud, tier: str, port: int) -> None:
    box = booted(lab, tier)
    status = f"curl -s -o /dev/null -w '%{{http_code}}' http://127.0.0.1:{port}"
    eventually(lambda: sh(box, status + PATHS[tier], None) == "200")
    assert sh(box, status + "/") == "503"
    assert sh(box, "systemctl is-enabled codedeploy-agent; systemctl is-active codedeploy-agent") == "enabled\nactive"
    polled = "CodeDeployCommandService_v20141006.PollHostCommand"
    eventually(lambda: any(asked[1:3] == (polled, box.where.ip) and box.id in asked[0]
                           and "Credential=ASIAROLE/" in asked[3] for asked in cloud.asked))
    eventually(lambda: any("mem_used_percent" in asked[0] and f"{tier}-blue" in asked[0] for asked in cloud.asked))
    assert "AWS_ENDPOINT_URL='http://203.0.113.10:443'" in sh(box, "cat /etc/coko/host.env")


def test_user_data_runs_once_for_an_instance_and_says_how_it_failed(lab: Lab) -> None:
    box = lab.box(user_data=b"#!/bin/sh\necho ran >>/var/lib/ran\necho the cause\nexit 3\n")
    eventually(lambda: sh(box, "systemctl is-failed cloud-final", None) == "failed")
    assert first_boot_log(box) == "the cause\nuser data exited with 3\n"
    sh(box, "systemctl reset-failed; systemctl restart cloud-final")
    assert sh(box, "cat /var/lib/ran") == "ran"
