"""Who is the primary, and what is done when a server is lost: pure. Events go in, the next state and actions come out.

The order is the promise: what a state says is written down before its actions are done, so that a service killed in
between starts from what may have happened, not from what was hoped. A standby is promoted only if it was in step.
"""

from __future__ import annotations

from dataclasses import replace

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

CLOSING_LIMIT = 30.0        # seconds until a standby that was to get in step is made anew
AGAIN = 2.0                 # seconds until what failed is tried again

Decision = tuple[State, list[Action]]


def decide(state: State, event: Event, now: float, *, flip_delay: float = 0.0) -> Decision:
    match event:
        case Lost(side):
            return _lost(state, side, now)
        case Started():
            return _serve(replace(state, phase=Phase.SERVING, flip_at=None), now, [Point(state.primary)])
        case Promoted(agreed) if state.phase is Phase.PROMOTING:
            return _promoted(state, agreed, now, flip_delay)
        case PromotionFailed() if state.phase is Phase.PROMOTING:
            return _restart(state, [Fence(state.primary.other)])
        case Reboot(failover):
            return _reboot(state, failover)
        case WantStandby(wanted):
            return _want(state, wanted, now)
        case Failed():
            return replace(state, retry_at=now + AGAIN), []
        case Tick():
            return _tick(state, now)
        case Following() | CaughtUp() | InStep() | CannotFollow() if state.phase is Phase.SERVING:
            return _standby(state, event, now)
    return state, []


def _lost(state: State, side: Side, now: float) -> Decision:
    if side is not state.primary:
        if state.standby in (Standby.NONE, Standby.LOST) or state.phase is not Phase.SERVING:
            return (state, []) if state.phase is not Phase.PROMOTING else _restart(state, [Fence(side)])
        return _without(state, now, [Fence(side)])
    if state.phase is not Phase.SERVING:
        return state, []
    if state.standby is Standby.IN_STEP:
        return replace(state, phase=Phase.PROMOTING, retry_at=None), [Fence(side), Promote(side.other)]
    return _restart(state, [Fence(side)])


def _restart(state: State, first: list[Action]) -> Decision:
    """The primary has everything that was acknowledged, on its disk."""
    standby = state.standby if state.standby is Standby.NONE else Standby.LOST
    after = replace(state, phase=Phase.STARTING, standby=standby, retry_at=None)
    return after, [*first, StartPrimary(state.primary)]


def _promoted(state: State, agreed: int, now: float, delay: float) -> Decision:
    after = replace(state, phase=Phase.SERVING, primary=state.primary.other, agreed=agreed)
    if delay > 0:
        return _serve(replace(after, flip_at=now + delay), now, [])
    return _serve(replace(after, flip_at=None), now, [Point(after.primary)])


def _serve(state: State, now: float, first: list[Action]) -> Decision:
    if state.standby is Standby.NONE:
        return replace(state, retry_at=None), first
    after = replace(state, standby=Standby.LOST, since=now, retry_at=None)
    return after, [*first, Follow(state.primary.other)]


def _without(state: State, now: float, first: list[Action], *, discard: bool = False) -> Decision:
    """Serving goes on at once; the standby has to begin again."""
    side = state.primary.other
    then: list[Action] = [Discard(side)] if discard else []
    after = replace(state, standby=Standby.LOST, since=now, retry_at=None)
    return after, [LetGo(), *first, *then, Follow(side)]


def _reboot(state: State, failover: bool) -> Decision:
    if state.phase is not Phase.SERVING:
        return state, []
    if failover and state.standby is Standby.IN_STEP:
        after = replace(state, phase=Phase.PROMOTING, retry_at=None)
        return after, [Fence(state.primary, gently=True), Promote(state.primary.other)]
    return _restart(state, [Fence(state.primary, gently=True)])


def _want(state: State, wanted: bool, now: float) -> Decision:
    if wanted == (state.standby is not Standby.NONE) or state.phase is Phase.PROMOTING:
        return state, []
    side = state.primary.other
    if not wanted:
        serving: list[Action] = [LetGo()] if state.phase is Phase.SERVING else []
        return replace(state, standby=Standby.NONE), [*serving, Fence(side), Discard(side)]
    after = replace(state, standby=Standby.LOST, since=now)
    return after, [Discard(side), Follow(side)] if state.phase is Phase.SERVING else []


def _standby(state: State, event: Event, now: float) -> Decision:
    match state.standby, event:
        case Standby.LOST, Following():
            return replace(state, standby=Standby.FOLLOWING, since=now, retry_at=None), []
        case Standby.FOLLOWING, CaughtUp():
            return replace(state, standby=Standby.CLOSING, since=now), [CloseRanks()]
        case Standby.CLOSING, InStep():
            return replace(state, standby=Standby.IN_STEP, since=now, retry_at=None), []
        case (Standby.LOST | Standby.FOLLOWING | Standby.CLOSING | Standby.IN_STEP), CannotFollow():
            return _without(state, now, [Fence(state.primary.other)], discard=True)
    return state, []


def _tick(state: State, now: float) -> Decision:
    """What is due: the name's flip, and what has to be tried again."""
    if state.flip_at is not None and now >= state.flip_at and state.phase is Phase.SERVING:
        return replace(state, flip_at=None), [Point(state.primary)]
    if state.standby is Standby.CLOSING and state.phase is Phase.SERVING and now - state.since > CLOSING_LIMIT:
        return _without(state, now, [Fence(state.primary.other)], discard=True)
    if state.retry_at is None or now < state.retry_at:
        return state, []
    calm = replace(state, retry_at=None)
    if state.phase is Phase.STARTING:
        return calm, [StartPrimary(state.primary)]
    if state.phase is Phase.PROMOTING:
        return calm, [Fence(state.primary), Promote(state.primary.other)]
    side = state.primary.other
    return calm, [Fence(side), Follow(side)] if state.standby is Standby.LOST else []
