"""Minimum healthy hosts: the documentation's examples, and properties of the arithmetic and of the waves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.codedeploy.engine.minimums import BUILT_IN
from rehearsal.codedeploy.machine import Deployment, Phase, Status, decide
from rehearsal.codedeploy.machine.lifecycle import Kind
from rehearsal.codedeploy.machine.minimum import Minimum
from rehearsal.codedeploy.machine.signals import (
    CommandAccepted,
    CommandDone,
    CommandOffered,
    Found,
    Signal,
    TargetsFound,
)
from rehearsal.codedeploy.machine.state import Diagnostics, Plan, Stage, Step

HALF = BUILT_IN["CodeDeployDefault.HalfAtATime"]
ONE = BUILT_IN["CodeDeployDefault.OneAtATime"]
ALL = BUILT_IN["CodeDeployDefault.AllAtOnce"]
RULES = st.one_of(
    st.builds(Minimum, st.just("HOST_COUNT"), st.integers(0, 12)),
    st.builds(Minimum, st.just("FLEET_PERCENT"), st.integers(0, 99)),
    st.just(ONE),
)


@pytest.mark.parametrize(
    ("rule", "hosts", "kept"),
    [
        (HALF, 9, 5),
        (HALF, 2, 1),
        (HALF, 1, 1),
        (ONE, 1, 0),
        (ONE, 4, 3),
        (ALL, 4, 0),
        (Minimum("FLEET_PERCENT", 95), 9, 9),
        (Minimum("FLEET_PERCENT", 30), 10, 3),
        (Minimum("HOST_COUNT", 6), 9, 6),
    ],
)
def test_what_each_rule_keeps(rule: Minimum, hosts: int, kept: int) -> None:
    assert rule.of(hosts) == kept


def begun(rule: Minimum, hosts: int) -> Deployment:
    plan = Plan("d-1", Kind.IN_PLACE, (Stage(Step.WAVE),), rule)
    return decide(Deployment(plan, 0.0), [TargetsFound(tuple(Found(f"i-{n}") for n in range(hosts)))], 0.0).deployment


def run_wave(state: Deployment, verdicts: list[bool]) -> tuple[Deployment, int]:
    """Everything that runs runs to its end; each host does as its verdict says. Returns how many ran at once."""
    wave = [target for target in state.targets.values() if target.running]
    for target in wave:
        ok = verdicts[int(target.id[2:])]
        while (event := state.targets[target.id].running) is not None:
            number = event.offer + 1
            signals: list[Signal] = [
                CommandOffered(target.id),
                CommandAccepted(target.id, event.name, number),
                CommandDone(target.id, event.name, number, ok, Diagnostics()),
            ]
            before = state
            for signal in signals:
                state = decide(state, [signal], 1.0).deployment
            assert state is not before
    return state, len(wave)


def test_nine_hosts_by_halves_go_in_a_four_a_four_and_a_one() -> None:
    """A host that is done makes room at once, so four are under way as long as there are four."""
    state = begun(HALF, 9)
    assert sum(1 for target in state.targets.values() if target.running) == 4
    state, _ = run_wave(state, [True] * 9)
    while not state.over:
        state, at_once = run_wave(state, [True] * 9)
        assert at_once <= 4
    assert state.status is Status.SUCCEEDED


@given(RULES, st.integers(1, 12))
def test_a_minimum_of_the_whole_fleet_fails_at_once(rule: Minimum, hosts: int) -> None:
    state = begun(rule, hosts)
    assert (state.code == "HEALTH_CONSTRAINTS_INVALID") == (rule.of(hosts) >= hosts)
    if state.over:
        assert not state.touched
        assert all(target.phase is Phase.SKIPPED for target in state.targets.values())


@settings(max_examples=150)
@given(RULES, st.lists(st.booleans(), min_size=1, max_size=10))
def test_a_deployment_succeeds_exactly_if_its_failures_never_used_up_the_room(
    rule: Minimum, verdicts: list[bool]
) -> None:
    hosts = len(verdicts)
    state = begun(rule, hosts)
    while not state.over:
        state, at_once = run_wave(state, verdicts)
        assert at_once >= 1
    kept, failures = rule.of(hosts), verdicts.count(False)
    if kept >= hosts:
        return
    good = sum(1 for target in state.targets.values() if target.phase is Phase.SUCCEEDED)
    assert (state.status is Status.SUCCEEDED) == (good >= max(kept, 1) and good + failures == hosts)
    failed = sum(1 for target in state.targets.values() if target.phase is Phase.FAILED)
    assert failed <= hosts - kept, "no more hosts are worked on than may be lost"
