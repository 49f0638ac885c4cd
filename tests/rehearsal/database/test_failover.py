"""Decisions without servers: who is promoted, when, and never otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.database.failover import AGAIN, CLOSING_LIMIT, decide
from rehearsal.database.model import Side
from rehearsal.database.states import (
    Action,
    CannotFollow,
    CaughtUp,
    CloseRanks,
    Discard,
    Event,
    Failed,
    Fence,
    Follow,
    Following,
    InStep,
    LetGo,
    Lost,
    Phase,
    Point,
    Promote,
    Promoted,
    PromotionFailed,
    Reboot,
    Standby,
    Started,
    StartPrimary,
    State,
    Tick,
    WantStandby,
)

A, B = Side.A, Side.B
PAIR = State(Phase.SERVING, A, Standby.IN_STEP)
ALONE = replace(PAIR, standby=Standby.NONE)


def test_a_new_pair_serves_before_its_standby_is_there() -> None:
    state, actions = decide(State(standby=Standby.LOST, retry_at=0.0), Tick(), 0.0)
    assert actions == [StartPrimary(A)]
    state, actions = decide(state, Started(), 1.0)
    assert (state.status, actions) == ("modifying", [Point(A), Follow(B)])
    state, _ = decide(state, Following(), 2.0)
    state, actions = decide(state, CaughtUp(), 3.0)
    assert actions == [CloseRanks()]
    state, actions = decide(state, InStep(), 4.0)
    assert (state.standby, state.status, actions) == (Standby.IN_STEP, "available", [])


def test_a_lost_primary_is_fenced_before_its_standby_is_promoted() -> None:
    state, actions = decide(PAIR, Lost(A), 0.0)
    assert (state.phase, state.status, actions) == (Phase.PROMOTING, "failing-over", [Fence(A), Promote(B)])
    state, actions = decide(state, Promoted(41), 0.0)
    assert (state.primary, state.agreed, state.standby) == (B, 41, Standby.LOST)
    assert actions == [Point(B), Follow(A)]


@pytest.mark.parametrize("standby", [one for one in Standby if one is not Standby.IN_STEP])
def test_only_a_standby_in_step_is_promoted(standby: Standby) -> None:
    state, actions = decide(replace(PAIR, standby=standby), Lost(A), 0.0)
    assert (state.primary, actions) == (A, [Fence(A), StartPrimary(A)])


def test_when_both_are_lost_the_primary_starts_again() -> None:
    state, _ = decide(PAIR, Lost(A), 0.0)
    state, actions = decide(state, PromotionFailed(), 0.0)
    assert (state.primary, state.standby, actions) == (A, Standby.LOST, [Fence(B), StartPrimary(A)])


def test_a_lost_standby_stops_nobody() -> None:
    state, actions = decide(PAIR, Lost(B), 0.0)
    assert (state.phase, state.standby) == (Phase.SERVING, Standby.LOST)
    assert actions == [LetGo(), Fence(B), Follow(B)]


def test_a_standby_with_another_history_is_made_anew() -> None:
    for standby in (Standby.LOST, Standby.FOLLOWING, Standby.CLOSING, Standby.IN_STEP):
        state, actions = decide(replace(PAIR, standby=standby), CannotFollow(), 0.0)
        assert (state.standby, actions) == (Standby.LOST, [LetGo(), Fence(B), Discard(B), Follow(B)])


def test_one_that_does_not_get_in_step_does_not_hold_up_commits_for_ever() -> None:
    closing = replace(PAIR, standby=Standby.CLOSING, since=10.0)
    assert decide(closing, Tick(), 10.0 + CLOSING_LIMIT) == (closing, [])
    _, actions = decide(closing, Tick(), 11.0 + CLOSING_LIMIT)
    assert actions[0] == LetGo()


def test_reboots() -> None:
    _, actions = decide(PAIR, Reboot(failover=True), 0.0)
    assert actions == [Fence(A, gently=True), Promote(B)]
    for state, failover in ((PAIR, False), (ALONE, False), (ALONE, True)):
        after, actions = decide(state, Reboot(failover), 0.0)
        assert (after.status, actions) == ("rebooting", [Fence(A, gently=True), StartPrimary(A)])


def test_the_name_may_follow_later_as_it_does_on_rds() -> None:
    state, _ = decide(PAIR, Lost(A), 0.0)
    state, actions = decide(state, Promoted(1), 100.0, flip_delay=60.0)
    assert (actions, state.status) == ([Follow(A)], "failing-over")
    assert decide(state, Tick(), 159.0) == (state, [])
    state, actions = decide(state, Tick(), 160.0)
    assert (actions, state.flip_at) == ([Point(B)], None)


def test_what_failed_is_tried_again_and_not_at_once() -> None:
    starting = State(Phase.STARTING, A, Standby.NONE)
    state, actions = decide(starting, Failed(), 5.0)
    assert actions == []
    assert decide(state, Tick(), 5.0 + AGAIN / 2)[1] == []
    assert decide(state, Tick(), 5.0 + AGAIN)[1] == [StartPrimary(A)]
    promoting, _ = decide(replace(PAIR, phase=Phase.PROMOTING), Failed(), 0.0)
    assert decide(promoting, Tick(), AGAIN)[1] == [Fence(A), Promote(B)]


def test_a_standby_can_be_added_and_taken_away() -> None:
    state, actions = decide(ALONE, WantStandby(True), 0.0)
    assert (state.standby, actions) == (Standby.LOST, [Discard(B), Follow(B)])
    state, actions = decide(PAIR, WantStandby(False), 0.0)
    assert (state.standby, actions) == (Standby.NONE, [LetGo(), Fence(B), Discard(B)])
    assert decide(PAIR, WantStandby(True), 0.0) == (PAIR, [])


@dataclass
class Truth:
    """Who may hold commits that were acknowledged, and who accepts new ones."""

    accepting: frozenset[Side] = frozenset()
    whole: frozenset[Side] = frozenset()

    def do(self, action: Action, primary: Side) -> None:
        match action:
            case Fence(side):
                self.accepting -= {side}
            case StartPrimary(side):
                assert self.accepting <= {side}, "two primaries"
                assert not self.whole or side in self.whole, "a primary that lacks acknowledged commits"
            case Promote(side):
                assert not self.accepting, "two primaries"
                assert side in self.whole, "promoted, and lacks acknowledged commits"
            case LetGo():
                self.whole = frozenset({primary})
            case Discard(side):
                assert side not in self.accepting
            case _:
                pass


EVENTS = st.one_of(
    st.sampled_from(Side).map(Lost), st.booleans().map(Reboot), st.booleans().map(WantStandby),
    st.sampled_from([Tick(), Failed(), PromotionFailed(), Following(), CaughtUp(), InStep(), CannotFollow(), Started(),
                     Promoted(7)]))


@given(st.lists(EVENTS, max_size=40), st.booleans())
def test_never_two_primaries_and_never_one_that_lacks_something(events: list[Event], multi_az: bool) -> None:
    """Whatever happens, in whatever order; events that could not be observed in a state are left out."""
    state, truth, now = State(standby=Standby.LOST if multi_az else Standby.NONE, retry_at=0.0), Truth(), 0.0
    for event in events:
        now += 1.0
        serving = state.phase is Phase.SERVING
        if isinstance(event, Started) and (state.phase is not Phase.STARTING):
            continue
        if isinstance(event, Promoted | PromotionFailed) and state.phase is not Phase.PROMOTING:
            continue
        if isinstance(event, Lost):
            truth.accepting -= {event.side}
        before = state
        state, actions = decide(state, event, now)
        if isinstance(event, InStep) and serving and before.standby is Standby.CLOSING:
            truth.whole = frozenset(Side)
        if isinstance(event, Started | Promoted):
            truth.accepting = frozenset({state.primary})
            truth.whole = frozenset({state.primary})
        for action in actions:
            truth.do(action, state.primary)
