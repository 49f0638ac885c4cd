"""The service as a process that a test may kill."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .lab import client

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Process:
    state: Path
    port: int = 0
    extra: tuple[str, ...] = ()
    starts: int = 0
    running: subprocess.Popen[str] | None = field(default=None)

    def start(self) -> Process:
        """Start it; the port stays the same from the second time on."""
        command = [sys.executable, "-m", "rehearsal.codedeploy", "--port", str(self.port), "--state", str(self.state)]
        self.running = subprocess.Popen(
            [*command, *self.extra],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "HOME": str(self.state.parent)},
        )
        assert self.running.stdout is not None
        line = self.running.stdout.readline()
        assert "listening on" in line, f"it did not start: {line!r}"
        self.port = int(line.rsplit(":", 1)[1])
        self.starts += 1
        return self

    def kill(self) -> None:
        assert self.running is not None
        self.running.kill()
        self._wait()

    def stop(self) -> int:
        assert self.running is not None
        self.running.terminate()
        return self._wait()

    def _wait(self) -> int:
        assert self.running is not None
        code = self.running.wait(timeout=20)
        if self.running.stdout is not None:
            self.running.stdout.close()
        return code

    def __enter__(self) -> Process:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.running is not None and self.running.poll() is None:
            self.kill()

    def api(self) -> Any:
        return client(self.port)


def one_rack(api: Any, *names: str, **members: Any) -> None:
    """On-premises hosts and a group of them."""
    api.create_application(applicationName="coko")
    for name in names:
        api.register_on_premises_instance(instanceName=name, iamUserArn=f"arn:aws:iam::123456789012:user/{name}")
    api.add_tags_to_on_premises_instances(tags=[{"Key": "tier", "Value": "web"}], instanceNames=list(names))
    api.create_deployment_group(
        applicationName="coko",
        deploymentGroupName="web",
        serviceRoleArn="arn:aws:iam::123456789012:role/codedeploy",
        onPremisesInstanceTagFilters=[{"Key": "tier", "Value": "web", "Type": "KEY_AND_VALUE"}],
        deploymentConfigName="CodeDeployDefault.AllAtOnce",
        **members,
    )
