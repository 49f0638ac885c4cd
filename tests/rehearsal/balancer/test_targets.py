"""Targets come, fall ill, get well, leave: health as AWS names it, and what clients notice of it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from rehearsal.balancer.model import Forward, Target
from rehearsal.balancer.part import Part
from tests.rehearsal.balancer.hosts import Host
from tests.rehearsal.balancer.lab import (
    CHECK,
    GROUP,
    PREFIX,
    Lab,
    Load,
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
MISMATCH = ("unhealthy", "Target.ResponseCodeMismatch")
FAILED = ("unhealthy", "Target.FailedHealthChecks")
TIMEOUT = ("unhealthy", "Target.Timeout")
DRAINING = ("draining", "Target.DeregistrationInProgress")


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def two(lab: Lab, host: Start, port: int) -> tuple[Host, Host]:
    """An ALB before two hosts, both healthy."""
    first, second = host("first"), host("second")
    lab.run(balancer(listener(port, *rules(Forward(GROUP)))), groups=[group(first.target, second.target)])
    lab.until_healthy("first", "second")
    return first, second


def part(lab: Lab) -> Part:
    return next(iter(lab.service.parts.values()))


def test_traffic_goes_to_all_healthy_targets(lab: Lab, two: tuple[Host, Host], port: int) -> None:
    assert asked(port) == {"first", "second"}
    agents = {check["user-agent"] for check in two[0].checks}
    assert agents == {"ELB-HealthChecker/2.0"}
    assert two[0].checks[0]["host"] == f"127.0.0.1:{two[0].port}"


def test_a_sick_target_gets_no_traffic_until_it_is_well(lab: Lab, two: tuple[Host, Host], port: int) -> None:
    two[0].health = 500
    eventually(lambda: lab.health() == {"first": MISMATCH, "second": ("healthy", "")}, lambda: str(lab.health()))
    assert asked(port) == {"second"}
    two[0].health = 200
    lab.until_healthy("first", "second")
    assert asked(port) == {"first", "second"}


def test_health_takes_as_many_checks_as_configured(lab: Lab, host: Start, port: int) -> None:
    only = host("only")
    only.health = 503
    check = replace(CHECK, healthy=4, unhealthy=3)
    lab.run(balancer(listener(port, *rules(Forward(GROUP)))), groups=[group(only.target, check=check)])
    eventually(lambda: lab.health() == {"only": MISMATCH}, lambda: str(lab.health()))
    before = len(only.checks)
    only.health = 200
    lab.until_healthy("only")
    assert len(only.checks) - before >= 4
    before = len(only.checks)
    only.health = 503
    eventually(lambda: lab.health() == {"only": MISMATCH}, lambda: str(lab.health()))
    assert len(only.checks) - before >= 3


def test_reasons_tell_what_is_wrong(lab: Lab, host: Start, port: int) -> None:
    slow, odd = host("slow"), host("odd")
    slow.check_pause, odd.health = 1.0, 204
    nobody = Target("nobody", free_port(), "127.0.0.1")
    stopped = Target("stopped", 80, None, "Target is in the stopped state")
    check = replace(CHECK, timeout=4, codes="200-201")
    unused = group(Target("idle", 80, "127.0.0.1"), arn=f"{PREFIX}targetgroup/idle/1111111111111111")
    lab.run(balancer(listener(port, *rules(Forward(GROUP)))),
            groups=[group(slow.target, odd.target, nobody, stopped, check=check), unused])
    eventually(lambda: lab.health() == {"slow": TIMEOUT, "odd": MISMATCH, "nobody": FAILED,
                                        "stopped": ("unused", "Target.InvalidState")}, lambda: str(lab.health()))
    assert lab.health(unused.arn) == {"idle": ("unused", "Target.NotInUse")}


def test_a_new_target_is_initial_and_unasked_until_its_first_check(lab: Lab, host: Start, port: int) -> None:
    new = host("new")
    new.check_pause = 1.5
    lab.run(balancer(listener(port, *rules(Forward(GROUP)))), groups=[group(new.target)])
    eventually(lambda: bool(new.checks))
    assert lab.health() == {"new": ("initial", "Elb.RegistrationInProgress")}
    assert get(port).status == 503
    new.check_pause = 0.0
    lab.until_healthy("new")
    assert asked(port) == {"new"}


def test_it_fails_open_when_all_are_sick(lab: Lab, two: tuple[Host, Host], port: int) -> None:
    for one in two:
        one.health = 500
    eventually(lambda: set(lab.health().values()) == {MISMATCH}, lambda: str(lab.health()))
    assert asked(port) == {"first", "second"}
    two[1].health = 200
    eventually(lambda: lab.states()["second"] == "healthy")
    assert asked(port) == {"second"}
    lab.change(group())
    eventually(lambda: set(lab.health().values()) == {DRAINING}, lambda: str(lab.health()))
    assert get(port).status == 503      # nobody is registered: there is nothing to fail open to


def test_draining_loses_nothing_and_stopping_does(lab: Lab, two: tuple[Host, Host], port: int) -> None:
    first, second = two
    for one in two:
        one.pause = 0.02
    load = Load(port)
    try:
        load.more(100)
        lab.change(group(second.target, delay=20))
        eventually(lambda: lab.health()["first"] == DRAINING, lambda: str(lab.health()))
        eventually(lambda: "first" not in lab.health(), lambda: str(lab.health()))
        first.stop()
        load.more(100)
        assert load.lost == 0
        second.stop()       # the same load does notice when a target goes without being drained
        load.more(20)
        assert load.lost > 0
    finally:
        load.stop()


def test_a_request_in_flight_is_waited_for_and_cut_when_the_delay_is_over(lab: Lab, host: Start, port: int) -> None:
    slow = host("slow")
    lab.run(balancer(listener(port, *rules(Forward(GROUP)))), groups=[group(slow.target)])
    lab.until_healthy("slow")
    slow.pause = 1.0
    first = Load(port, clients=1)
    try:
        eventually(lambda: part(lab).haproxy.admin.seen()[group().name, slow.target.key].sessions == 1)
        first.stopping.set()
        lab.change(group(delay=200))
        eventually(lambda: first.answers == 1)
        assert first.lost == 0
    finally:
        first.stop()
    eventually(lambda: "slow" not in part(lab).haproxy.admin.ask("show stat -1 4 -1"))
    assert lab.health() == {"slow": DRAINING}       # AWS shows it until the delay is over


def test_a_target_can_come_back(lab: Lab, two: tuple[Host, Host], port: int) -> None:
    first, second = two
    lab.change(group(second.target, delay=4))
    eventually(lambda: lab.states()["first"] == "draining")
    lab.change(group(first.target, second.target))
    lab.until_healthy("first", "second")
    assert asked(port) == {"first", "second"}


def test_a_reload_keeps_states_and_loses_nothing(lab: Lab, two: tuple[Host, Host], port: int) -> None:
    two[0].health = 500
    eventually(lambda: lab.health()["first"] == MISMATCH)
    two[0].check_pause = two[1].check_pause = 1.9       # no check ends soon: states can only be remembered ones
    running, worker, more = part(lab).haproxy, part(lab).haproxy.admin.worker(), free_port()
    load = Load(port)
    try:
        load.more(20)
        lab.want(balancer(listener(port, *rules(Forward(GROUP))), listener(more, *rules(Forward(GROUP)))),
                 groups=[group(*(one.target for one in two))])
        eventually(lambda: running.admin.worker() not in (0, worker))
        eventually(lambda: len(part(lab).balancer.listeners) == 2)
        assert lab.health() == {"first": MISMATCH, "second": ("healthy", "")}
        assert asked(more) == {"second"}
        load.more(50)
    finally:
        load.stop()
    assert load.lost == 0
    assert part(lab).haproxy is running
    lab.change(group(two[1].target, delay=4))           # what a reload wrote into the configuration can leave as well
    eventually(lambda: "first" not in lab.health(), lambda: str(lab.health()))
    assert lab.said == []


@pytest.mark.parametrize("victim", ["master", "worker"])
def test_a_killed_haproxy_is_started_again(lab: Lab, two: tuple[Host, Host], port: int, victim: str) -> None:
    haproxy = part(lab).haproxy
    master, worker = haproxy.pid, haproxy.admin.worker()
    os.kill({"master": master, "worker": worker}[victim], signal.SIGKILL)
    eventually(lambda: any("SIGKILL" in line for line in lab.said), lambda: str(lab.said))
    eventually(lambda: [one.haproxy.pid != master for one in list(lab.service.parts.values())] == [True])
    eventually(lambda: [one.health.state for one in part(lab).members.values()] == ["healthy"] * 2)
    assert asked(port) == {"first", "second"}
    eventually(lambda: not os.path.exists(f"/proc/{worker}"))       # noqa: PTH110


def test_what_cannot_start_is_said_and_tried_again(lab: Lab, host: Start) -> None:
    one = host("one")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        lab.run(balancer(listener(port, *rules(Forward(GROUP)))), groups=[group(one.target)])
        eventually(lambda: any("Address already in use" in line for line in lab.said), lambda: str(lab.said))
        assert lab.states() == {"one": "initial"}
    lab.until_healthy("one")
    assert lab.service.problems == {}
