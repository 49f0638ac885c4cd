"""A network balancer: TCP through, one reason for every illness, connections that may outlive their target."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rehearsal.balancer.model import Forward
from tests.rehearsal.balancer.hosts import Host
from tests.rehearsal.balancer.lab import (
    CHECK,
    GROUP,
    Lab,
    asked,
    balancer,
    eventually,
    free_port,
    get,
    group,
    listener,
    rules,
)

Start = Callable[[str], Host]
FAILED = ("unhealthy", "Target.FailedHealthChecks")


def test_a_network_balancer_passes_connections_on(lab: Lab, host: Start) -> None:
    port = free_port()
    first, second = host("first"), host("second")
    check = replace(CHECK, protocol="HTTP")
    targets = group(first.target, second.target, protocol="TCP", cut=False, check=check)
    lab.run(balancer(listener(port, *rules(Forward(GROUP)), protocol="TCP"), kind="network"), groups=[targets])
    lab.until_healthy("first", "second")
    assert asked(port) == {"first", "second"}
    assert get(port, source="127.0.0.5").told["client"] == "127.0.0.1"      # client addresses are not preserved
    first.health = 500
    eventually(lambda: lab.health()["first"] == FAILED, lambda: str(lab.health()))      # the one reason an NLB has
    assert asked(port) == {"second"}
    second.health = 500
    eventually(lambda: lab.health()["second"] == FAILED)
    assert asked(port) == {"first", "second"}                               # fails open


def ask(client: socket.socket) -> bytes:
    """One request on an open connection, and the whole answer: head and body may come in two pieces."""
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = b""
    while not answer.endswith(b"}"):
        piece = client.recv(65536)
        assert piece, f"the connection was closed after {answer!r}"
        answer += piece
    return answer


def test_a_network_balancer_leaves_connections_open_that_outlive_the_delay(lab: Lab, host: Start) -> None:
    port = free_port()
    only = host("only")
    about: dict[str, Any] = {"protocol": "TCP", "cut": False, "delay": 2}
    lab.run(balancer(listener(port, *rules(Forward(GROUP)), protocol="TCP"), kind="network"),
            groups=[group(only.target, **about)])
    lab.until_healthy("only")
    with socket.create_connection(("127.0.0.1", port)) as client:
        assert ask(client).startswith(b"HTTP/1.1 200")
        lab.change(group(**about))
        eventually(lambda: lab.states().get("only") == "draining")
        time.sleep(0.5)     # the delay is over
        assert ask(client).startswith(b"HTTP/1.1 200")
    eventually(lambda: lab.health() == {}, lambda: str(lab.health()))
