"""What is decided without a HAProxy: rules as conditions, health's words, leaving by the clock, what is to be done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rehearsal.balancer import conditions, draining, health, members, reading
from rehearsal.balancer.draining import Drain, Step
from rehearsal.balancer.health import HEALTHY, REGISTERING, Health, Seen
from rehearsal.balancer.model import FixedResponse, Forward, Model, Target
from rehearsal.balancer.reading import Unsupported
from rehearsal.balancer.reconcile import Begin, End, Leave, Register, Reload, Running, reconcile
from rehearsal.balancer.render import Where, shape
from tests.rehearsal.balancer.lab import GROUP, balancer, group, listener, rules

FIRST, SECOND = Target("i-1", 80, "10.0.0.1"), Target("i-2", 80, "10.0.0.2")


def test_a_wildcard_stands_for_no_more_than_it_says() -> None:
    assert conditions.pattern("a.b*c?") == r"^a\.b.*c.$"
    assert conditions.quote("it's") == "'it'\\''s'"


@pytest.mark.parametrize(("check", "code", "kind", "reason"), [
    ("L7STS", "500", "application", "Target.ResponseCodeMismatch"), ("L7TOUT", "", "application", "Target.Timeout"),
    ("L4TOUT", "", "application", "Target.Timeout"), ("L4CON", "", "application", "Target.FailedHealthChecks"),
    ("L7RSP", "", "application", "Target.FailedHealthChecks"), ("L7STS", "500", "network", "Target.FailedHealthChecks"),
])
def test_every_failure_has_awss_reason(check: str, code: str, kind: str, reason: str) -> None:
    assert health.judge(Seen("DOWN", check, code, 0), kind, HEALTHY).reason == reason


def test_a_target_that_gets_well_keeps_its_reason_until_it_is() -> None:
    sick = Health("unhealthy", "Target.Timeout", "Request timed out")
    assert health.judge(Seen("DOWN 1/2", "L7OK", "200", 0), "application", sick) == sick
    assert health.judge(Seen("UP 1/2", "L7STS", "500", 0), "application", HEALTHY) == HEALTHY
    assert health.judge(Seen("UP", "INI", "", 0), "application", HEALTHY) == HEALTHY


def test_a_member_waits_for_its_first_check() -> None:
    member, commands = members.register(group(), FIRST, 1)
    assert [command.split()[:2] for command in commands] == [["add", "server"], ["enable", "health"],
                                                            ["set", "server"], ["add", "server"]]
    assert members.observe(member, Seen("DRAIN", "INI", "", 0), "application") == (member, [])
    assert member.health == REGISTERING
    well, opened = members.observe(member, Seen("DRAIN", "L7OK", "200", 0), "application")
    assert (well.serving, well.health) == (True, HEALTHY)
    assert [command.rpartition(" ")[2] for command in opened] == ["ready", "ready"]
    sick, closed = members.observe(member, Seen("DRAIN", "L4CON", "", 0), "application")
    assert sick.health.reason == "Target.FailedHealthChecks"
    assert [command.rpartition(" ")[2] for command in closed] == ["ready", "down", "ready"]     # in this order


def test_leaving_waits_for_requests_and_not_longer_than_the_delay() -> None:
    drain = Drain(100.0, 10.0, cut=True)
    assert draining.advance(drain, 105.0, 3) == drain
    assert draining.advance(drain, 105.0, 0).step is Step.REMOVING
    late = draining.advance(drain, 110.0, 3)
    assert late.step is Step.REMOVING
    assert "shutdown sessions server b/s" in draining.commands(late, "b/s", 110.0)
    assert draining.commands(late, "b/s", 110.0)[-1] == "del server b/s"
    patient = replace(late, cut=False)
    assert not [one for one in draining.commands(patient, "b/s", 110.0) if "shutdown" in one]


def test_a_target_that_is_gone_is_shown_until_the_delay_is_over() -> None:
    gone = draining.advance(Drain(100.0, 10.0, cut=True), 101.0, None)
    assert gone.step is Step.GONE
    assert (gone.is_over(109.9), gone.is_over(110.0)) == (False, True)


def test_the_time_scale_divides_the_delay() -> None:
    member, _ = members.register(group(), FIRST, 20)
    leaving, _ = members.leave(member, group(delay=300), 0.0, 20)
    assert leaving.drain == Drain(0.0, 15.0, True)


def running(*targets: Target, alive: bool = True) -> dict[str, Running]:
    one = balancer(listener(80, *rules(Forward(GROUP))))
    found = {(GROUP, target.key): members.register(group(), target, 1)[0] for target in targets}
    return {one.directory: Running(shape(one, {GROUP: group()}, Where()), alive, found)}


def decide(*targets: Target, now: dict[str, Running], port: int = 80) -> list[object]:
    one = balancer(listener(port, *rules(Forward(GROUP))))
    model = Model((one,), {GROUP: group(*targets)})
    return list(reconcile(model, {one.directory: shape(one, model.groups, Where())}, now))


def test_nothing_is_done_when_all_is_as_it_should_be() -> None:
    assert decide(FIRST, SECOND, now=running(FIRST, SECOND)) == []


def test_what_is_missing_comes_and_what_is_not_wanted_goes() -> None:
    assert [type(one) for one in decide(FIRST, now={})] == [Begin, Register]
    assert [type(one) for one in decide(FIRST, now=running(FIRST, alive=False))] == [Begin, Register]
    assert [type(one) for one in decide(FIRST, now=running(FIRST, SECOND))] == [Leave]
    assert [type(one) for one in decide(FIRST, now=running(FIRST), port=81)] == [Reload]
    assert reconcile(Model(), {}, running(FIRST)) == [End(next(iter(running())))]


def test_a_target_with_another_address_leaves_first() -> None:
    moved = replace(FIRST, address="10.0.0.9")
    assert [type(one) for one in decide(moved, now=running(FIRST))] == [Leave]
    assert [type(one) for one in decide(moved, now={})] == [Begin, Register]


def test_a_check_that_changes_is_a_reason_to_reload_and_a_target_is_not() -> None:
    one = balancer(listener(80, *rules(Forward(GROUP))))
    slower = group(check=replace(group().check, interval=30))
    assert shape(one, {GROUP: group()}, Where()) == shape(one, {GROUP: group(FIRST)}, Where())
    assert shape(one, {GROUP: group()}, Where()) != shape(one, {GROUP: slower}, Where())


def test_what_cannot_be_run_is_refused() -> None:
    with pytest.raises(Unsupported, match="authenticate-oidc"):
        reading.action([{"Type": "authenticate-oidc"}])
    with pytest.raises(Unsupported, match="weighed"):
        reading.action([{"Type": "forward", "ForwardConfig": {"TargetGroups": [
            {"TargetGroupArn": "a", "Weight": 1}, {"TargetGroupArn": "b", "Weight": 1}]}}])
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "MessageBody": "no"}}
    assert reading.action([fixed]) == FixedResponse(404, "", "no")
