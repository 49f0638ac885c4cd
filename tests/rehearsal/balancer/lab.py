"""A service with its real HAProxy, the model that it is to follow, and what a client sees of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rehearsal.balancer.model import (
    Action,
    Balancer,
    Condition,
    HealthCheck,
    Listener,
    Model,
    Rule,
    Target,
    TargetGroup,
)
from rehearsal.balancer.render import Where
from rehearsal.balancer.service import Doors, Service

PREFIX = "arn:aws:elasticloadbalancing:ap-northeast-2:123456789012:"
GROUP = f"{PREFIX}targetgroup/web/0123456789abcdef"
CERTIFICATE = "arn:aws:acm:ap-northeast-2:123456789012:certificate/11111111-2222-3333-4444-555555555555"
SCALE = 20.0        # a check every 5 s comes every 0.25 s
CHECK = HealthCheck("HTTP", "/healthz", None, interval=5, timeout=40, healthy=2, unhealthy=2)


def free_port() -> int:
    """Below those that the kernel gives to outgoing connections: one of these could take it before HAProxy does."""
    while True:
        port = random.randrange(10_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def group(*targets: Target, arn: str = GROUP, **about: Any) -> TargetGroup:
    return replace(TargetGroup(arn, "HTTP", CHECK, 60, True, targets), **about)


def rules(action: Action, *before: Rule) -> tuple[Rule, ...]:
    return (*before, Rule("default", (), action))


def rule(priority: int, action: Action, **conditions: Sequence[str]) -> Rule:
    return Rule(str(priority), tuple(Condition(name.replace("_", "-"), tuple(values))
                                     for name, values in conditions.items()), action)


def listener(port: int, *all_rules: Rule, protocol: str = "HTTP", certificates: tuple[str, ...] = ()) -> Listener:
    return Listener(f"{PREFIX}listener/{port}", port, protocol, all_rules, certificates)


def balancer(*listeners: Listener, kind: str = "application", name: str = "front", **about: Any) -> Balancer:
    short = {"application": "app", "network": "net"}[kind]
    made = Balancer(f"{PREFIX}loadbalancer/{short}/{name}/fedcba9876543210", name, kind, listeners)
    return replace(made, **about)


@dataclass
class Lab:
    directory: Path
    model: Model = field(default_factory=Model)
    said: list[str] = field(default_factory=list)
    sockets: dict[int, int] = field(default_factory=dict)
    names: tuple[str, ...] = ("coko.test", "*.coko.test")
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        doors = Doors(lambda: self.model, lambda _: self.names, lambda _: Where(sockets=self.sockets), self.said.append)
        self.service = Service(self.directory, doors, SCALE)
        self.thread = threading.Thread(target=self.service.run, args=(self.stopping,))

    def run(self, *balancers: Balancer, groups: Sequence[TargetGroup]) -> None:
        self.want(*balancers, groups=groups)
        self.thread.start()

    def want(self, *balancers: Balancer, groups: Sequence[TargetGroup]) -> None:
        self.model = Model(balancers, {one.arn: one for one in groups})

    def change(self, *groups: TargetGroup) -> None:
        """Other targets, as after RegisterTargets and DeregisterTargets."""
        self.want(*self.model.balancers, groups=groups)

    def health(self, arn: str = GROUP) -> dict[str, tuple[str, str]]:
        """State and reason of every target, as they are published."""
        try:
            published = json.loads((self.directory / "health.json").read_text())
        except FileNotFoundError:
            return {}
        return {row["Target"]["Id"]: (row["TargetHealth"]["State"], row["TargetHealth"].get("Reason", ""))
                for row in published["groups"].get(arn, [])}

    def states(self, arn: str = GROUP) -> dict[str, str]:
        return {name: state for name, (state, _) in self.health(arn).items()}

    def until_healthy(self, *names: str, arn: str = GROUP) -> None:
        eventually(lambda: self.states(arn) == dict.fromkeys(names, "healthy"),
                   lambda: f"{self.health(arn)}, {self.said[-3:]}")

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.service.authority.certificate))

    def close(self) -> None:
        self.stopping.set()
        if self.thread.is_alive():
            self.thread.join()
        self.service.close()


def eventually(check: Callable[[], bool], shown: Callable[[], str] = str, patience: float = 10.0) -> None:
    until = time.monotonic() + patience
    while not check():
        assert time.monotonic() < until, f"it did not come true: {shown()}"
        time.sleep(0.01)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def told(self) -> dict[str, Any]:
        """What the host that answered says it was asked."""
        return dict(json.loads(self.text))


def get(port: int, path: str = "/", host: str = "coko.test", *, source: str = "127.0.0.1", method: str = "GET",
        trust: ssl.SSLContext | None = None, headers: dict[str, str] | None = None) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(source, 0))
    connection.connect()
    if trust:
        connection.sock = trust.wrap_socket(connection.sock, server_hostname=host)
    try:
        connection.request(method, path, headers={"Host": host, **(headers or {})})
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.headers.items()), answer.read().decode())
    finally:
        connection.close()


def asked(port: int, times: int = 8) -> set[str]:
    """Which hosts answer."""
    answers = [get(port) for _ in range(times)]
    assert [one.status for one in answers] == [200] * times
    return {str(one.told["host"]) for one in answers}


class Load:
    """Clients that ask again and again; what they were answered."""

    def __init__(self, port: int, clients: int = 4) -> None:
        self.port, self.answers, self.lost = port, 0, 0
        self.stopping, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self._ask) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def _ask(self) -> None:
        while not self.stopping.is_set():
            try:
                well = get(self.port).status == 200
            except (OSError, http.client.HTTPException):
                well = False
            with self.lock:
                self.answers, self.lost = self.answers + 1, self.lost + (not well)

    def more(self, count: int) -> None:
        """Wait until so many more were answered."""
        before = self.answers
        eventually(lambda: self.answers >= before + count, patience=60)

    def stop(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()
