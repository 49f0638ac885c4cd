"""A build's role allows every request that the pipelines can send: both sides are read, neither is repeated here."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from infra import policies
from pipelines.package import ROOT

# Where the name of a permission is not the name of the operation.
NAMES = {
    "s3:HeadObject": "s3:GetObject", "s3:UploadFile": "s3:PutObject", "s3:ListObjectsV2": "s3:ListBucket",
    "elbv2:DescribeTargetHealth": "elasticloadbalancing:DescribeTargetHealth",
}


def allowed() -> set[str]:
    plain = dict.fromkeys(("bucket", "key", "application", "parameters", "releases", "alarms"), "arn:x")
    document = policies.jenkins_delivery(**plain, groups=["g"], configs=["c"], scaling_groups=["a"])
    return {action for each in document["Statement"] for action in each["Action"]}


def sent() -> list[tuple[str, str]]:
    """Every `Call("service", "operation", …)`, and the operations that colours names one step earlier."""
    found = []
    for path in sorted(Path(ROOT / "pipelines").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Call", "_process"):
                words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
                service, operation = ["autoscaling", "autoscaling", *words][-2:]
                if operation != "autoscaling":      # `Call("autoscaling", operation, …)`: named where it is called
                    found.append((service, operation))
    return sorted(set(found))


def test_there_is_something_to_compare() -> None:
    known = {("codedeploy", "create_deployment"), ("autoscaling", "suspend_processes"), ("s3", "upload_file")}
    assert known <= set(sent())


@pytest.mark.parametrize(("service", "operation"), sent())
def test_a_build_may_send_it(service: str, operation: str) -> None:
    action = f"{service}:{re.sub('(?:^|_)(.)', lambda found: found[1].upper(), operation)}"
    assert NAMES.get(action, action) in allowed()
