"""The whole service in one process over a world in memory: a real HTTP server for boto3, a clock that a test turns."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from rehearsal.codedeploy.api import Service
from rehearsal.codedeploy.commands import serve
from rehearsal.codedeploy.engine.core import Engine
from rehearsal.codedeploy.engine.plans import Tuning
from rehearsal.codedeploy.engine.service import Loop
from rehearsal.codedeploy.ports.memory import World
from rehearsal.codedeploy.server import Front, Server
from rehearsal.codedeploy.store import Store

ROLE = "arn:aws:iam::123456789012:role/codedeploy"
Outcome = Callable[[str, str], bool]


def revision(key: str = "web/1.zip") -> dict[str, Any]:
    return {"revisionType": "S3", "s3Location": {"bucket": "artifacts", "key": key, "bundleType": "zip"}}


def client(port: int) -> Any:
    """Unmodified boto3; no retries, so that what fails is seen."""
    make: Callable[..., Any] = boto3.client
    return make(
        "codedeploy",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="ap-northeast-2",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}),
    )


@dataclass
class Lab:
    """`turn` lets the service look and act once; `work` lets the hosts' agents do what waits for them."""

    state: Path
    world: World = field(default_factory=World)
    now: float = 1_800_000_000.0
    tuning: Tuning = field(default_factory=Tuning)
    ran: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.boot()

    def boot(self) -> None:
        """Start the service over its state, as after any end of the process."""
        self.engine = Engine(Store(self.state), self.world.ports(), lambda: self.now, self.tuning)
        self.loop = Loop.over(self.engine)
        self.agents = self.loop.agents

    def reboot(self) -> None:
        self.engine.store.close()
        self.boot()

    def turn(self, seconds: float = 1.0) -> None:
        """As the service's own loop does: once, and again while something has called for it."""
        self.now += seconds
        for _ in range(3):
            self.engine.bell.clear()
            self.loop.turn()
            if not self.engine.bell.is_set():
                return

    def command(self, action: str, **request: Any) -> dict[str, Any]:
        return serve(self.agents, action, request, 0.0)

    def poll(self, host: str) -> dict[str, Any] | None:
        command: dict[str, Any] | None = self.command("PollHostCommand", HostIdentifier=host)["HostCommand"]
        return command

    def acknowledge(self, command: dict[str, Any]) -> str:
        identifier = command["HostCommandIdentifier"]
        noop = {"Format": "JSON", "Payload": '{"IsCommandNoop":false}'}
        answer = self.command("PutHostCommandAcknowledgement", HostCommandIdentifier=identifier, Diagnostics=noop)
        return str(answer["CommandStatus"])

    def report(self, command: dict[str, Any], ok: bool = True, code: int | None = None, message: str = "") -> None:
        said = {
            "error_code": (0 if ok else 4) if code is None else code,
            "script_name": "" if ok else "hook.sh",
            "message": message
            or ("Succeeded" if ok else "Script at specified location: hook.sh failed with exit code 1"),
            "log": "" if ok else "[stderr]the cause",
        }
        self.command(
            "PutHostCommandComplete",
            HostCommandIdentifier=command["HostCommandIdentifier"],
            CommandStatus="Succeeded" if ok else "Failed",
            Diagnostics={"Format": "JSON", "Payload": json.dumps(said)},
        )

    def run_one(self, host: str, outcome: Outcome = lambda host, event: True) -> str:
        """One command of one host, from poll to report; the event's name, or nothing."""
        command = self.poll(host)
        if command is None or self.acknowledge(command) != "InProgress":
            return ""
        event = command["CommandName"]
        self.ran.append((command["DeploymentExecutionId"], host, event))
        self.report(command, outcome(host, event))
        return str(event)

    def work(self, *hosts: str, outcome: Outcome = lambda host, event: True, turns: int = 60) -> None:
        """Let agents and service go on until nothing moves any more."""
        for _ in range(turns):
            busy = [self.run_one(host, outcome) for host in hosts]
            self.turn(0.5)
            self.world.settle()
            if not any(busy) and not self.engine.live:
                return

    def status(self, deployment_id: str) -> str:
        state = self.engine.state(deployment_id)
        assert state is not None
        return str(state.status)

    @contextmanager
    def api(self, page_size: int = 100) -> Iterator[Any]:
        """boto3 against this service's real HTTP server."""
        server = Server(0, Front(Service(self.engine, page_size), self.agents, patience=0.0))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield client(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def make_group(api: Any, name: str = "web", **members: Any) -> str:
    """An application `coko` and a group of it."""
    if "coko" not in api.list_applications()["applications"]:
        api.create_application(applicationName="coko")
    answer = api.create_deployment_group(
        applicationName="coko", deploymentGroupName=name, serviceRoleArn=ROLE, **members
    )
    return str(answer["deploymentGroupId"])


def deploy(api: Any, key: str = "web/1.zip", group: str = "web", **members: Any) -> str:
    answer = api.create_deployment(applicationName="coko", deploymentGroupName=group, revision=revision(key), **members)
    return str(answer["deploymentId"])


def info(api: Any, deployment_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get_deployment(deploymentId=deployment_id)["deploymentInfo"]
    return found


def events(api: Any, deployment_id: str, target: str) -> dict[str, dict[str, Any]]:
    answer = api.get_deployment_target(deploymentId=deployment_id, targetId=target)
    listed = answer["deploymentTarget"]["instanceTarget"]["lifecycleEvents"]
    return {event["lifecycleEventName"]: event for event in listed}


def target_status(api: Any, deployment_id: str, target: str) -> str:
    answer = api.get_deployment_target(deploymentId=deployment_id, targetId=target)
    return str(answer["deploymentTarget"]["instanceTarget"]["status"])
