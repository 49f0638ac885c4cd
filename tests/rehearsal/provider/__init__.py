"""What the provider's tests share: programs in directories of their own, and both doors to run them through."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

import rehearsal.provider as engine
from rehearsal.provider.events import Outcome, Progress
from rehearsal.provider.journal import Record
from rehearsal.provider.known import records
from rehearsal.provider.project import Project

HEADER = """\
import json
import pulumi
from pulumi import ResourceOptions
from pulumi_aws import ec2, get_availability_zones, iam, s3, sns, ssm, vpc
from pulumi_aws._inputs import ProviderDefaultTagsArgs
from pulumi_aws.provider import Provider
config = pulumi.Config("trial")
aws = Provider("aws", region="ap-northeast-2", default_tags=ProviderDefaultTagsArgs(tags={"team": "trial"}))
use = ResourceOptions(provider=aws)
"""


@dataclass
class Trial:
    """A small program, the cloud it is applied to, and what was reported of it."""

    root: Path
    endpoint: str
    told: list[Progress] = field(default_factory=list)
    door: Any = engine

    def write(self, program: str, **config: Any) -> Trial:
        (self.root / "program").mkdir(exist_ok=True)
        (self.root / "program" / "__main__.py").write_text(HEADER + textwrap.dedent(program))
        (self.root / "Pulumi.yaml").write_text("name: trial\nruntime: {name: python}\nmain: program\n")
        values = {f"trial:{name}": value for name, value in config.items()}
        (self.root / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": values}))
        return self

    def _run(self, operation: str) -> Outcome:
        function: Callable[..., Outcome] = getattr(self.door, operation)
        return function("test", endpoint=self.endpoint, state=self.state, report=self.told.append, root=self.root)

    @property
    def state(self) -> Path:
        return self.root / "state"

    def apply(self) -> Outcome:
        return self._run("apply")

    def preview(self) -> Outcome:
        return self._run("preview")

    def refresh(self) -> Outcome:
        return self._run("refresh")

    def destroy(self) -> Outcome:
        return self._run("destroy")

    def records(self) -> dict[str, Record]:
        return {r.name: r for r in known(self) if r.custom and not r.type.startswith("pulumi:")}


def known(trial: Trial) -> list[Record]:
    """What is on record, whichever door wrote it."""
    return records(Project(trial.root, "test"), trial.state)


def done(outcome: Outcome) -> dict[str, list[str]]:
    """Names by operation, without those that stayed the same."""
    found: dict[str, list[str]] = {}
    for step in outcome.steps:
        if step.operation != "same":
            found.setdefault(step.operation, []).append(step.name)
    return {operation: sorted(names) for operation, names in found.items()}
