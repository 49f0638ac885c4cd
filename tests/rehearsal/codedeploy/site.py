"""One on-premises host with the real agent, the service as a process, and a bucket in moto."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from .lab import events, info
from .process import ROOT, Process, one_rack


@dataclass
class Site:
    """One on-premises host with its agent, and a bucket."""

    process: Process
    s3_endpoint: str
    home: Path
    agent: subprocess.Popen[bytes] | None = field(default=None)

    def start_agent(self) -> None:
        command = [
            sys.executable,
            "-m",
            "rehearsal.agent",
            "run",
            "--root",
            str(self.home / "agent"),
            "--endpoint",
            f"http://127.0.0.1:{self.process.port}",
            "--instance-id",
            "rack-1",
            "--s3-endpoint",
            self.s3_endpoint,
            "--heartbeat",
            "0.3",
            "--poll-interval",
            "0.2",
        ]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "AWS_DEFAULT_REGION": "ap-northeast-2",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        self.agent = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=(self.home / "agent.log").open("ab")
        )

    def kill_agent(self) -> None:
        if self.agent is not None:
            self.agent.kill()
            self.agent.wait(timeout=10)

    def upload(self, key: str, hook: str, *, hooks: bool = True) -> dict[str, Any]:
        """A bundle that installs one page, with an AfterInstall hook or with none."""
        appspec = (
            f"version: 0.0\nos: linux\nfiles:\n  - source: page.html\n    destination: {self.home}/www\n"
            "file_exists_behavior: OVERWRITE\n"
        )
        if hooks:
            appspec += "hooks:\n  AfterInstall:\n    - location: hook.sh\n      timeout: 30\n"
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as bundle:
            bundle.writestr("appspec.yml", appspec)
            bundle.writestr("page.html", key)
            bundle.writestr("hook.sh", f"#!/bin/sh\n{hook}\n")
        make: Callable[..., Any] = boto3.client
        s3 = make(
            "s3",
            endpoint_url=self.s3_endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        s3.create_bucket(Bucket="artifacts")
        s3.put_object(Bucket="artifacts", Key=key, Body=buffer.getvalue())
        return {"revisionType": "S3", "s3Location": {"bucket": "artifacts", "key": key, "bundleType": "zip"}}

    def deploy(self, where: dict[str, Any], **members: Any) -> str:
        api = self.process.api()
        answer = api.create_deployment(applicationName="coko", deploymentGroupName="web", revision=where, **members)
        return str(answer["deploymentId"])

    def wait(self, deployment_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            shown = info(self.process.api(), deployment_id)
            if shown["status"] in ("Succeeded", "Failed", "Stopped"):
                return shown
            time.sleep(0.02)
        log = (self.home / "agent.log").read_text()[-2000:]
        raise AssertionError(f"{events(self.process.api(), deployment_id, 'rack-1')} {log}")


@contextmanager
def a_site(home: Path) -> Iterator[Site]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    with ExitStack() as stack:
        stack.callback(moto.stop)
        process = stack.enter_context(Process(home / "state.db", extra=("--silence", "3")))
        made = Site(process, f"http://{host}:{port}", home)
        stack.callback(made.kill_agent)
        one_rack(process.api(), "rack-1")
        made.start_agent()
        yield made
