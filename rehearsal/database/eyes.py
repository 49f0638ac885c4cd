"""What can be seen of an instance's servers: which are gone or mute, and how the standby gets on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipelines.errors import Failure
from rehearsal.database import replication, sql
from rehearsal.database.hands import Hands
from rehearsal.database.model import Side
from rehearsal.database.replication import Progress
from rehearsal.database.states import CannotFollow, CaughtUp, Event, InStep, Lost, Phase, Standby, State

PULSE = 1.0             # seconds between questions to a server that runs
STRIKES = 3             # questions in a row with no answer that make it a lost one
PULSE_LIMIT = 1         # seconds to answer one
FAULTS = (Failure, *sql.Problem)
APPROACHING = (Standby.FOLLOWING, Standby.CLOSING)


class Eyes:
    def __init__(self, hands: Hands, clock: Callable[[], float]) -> None:
        self.hands, self.clock = hands, clock
        self.strikes = dict.fromkeys(Side, 0)
        self.detached = 0
        self.next_pulse = 0.0

    def look(self, state: State) -> Iterator[Event]:
        """At most one event: what follows from it may change what there is to see."""
        pulse = self.clock() >= self.next_pulse
        if pulse:
            self.next_pulse = self.clock() + PULSE
        for side in expected(state):
            if not self.hands.runs(side) or (pulse and self._is_mute(side)):
                self.strikes[side] = 0
                yield Lost(side)
                return
        calm = pulse and not any(self.strikes.values())
        due = state.standby in APPROACHING or (calm and state.standby is Standby.IN_STEP)
        if due and state.phase is Phase.SERVING:
            try:
                yield from self._standby(state)
            except FAULTS:
                return      # one of the two is about to be missed

    def _is_mute(self, side: Side) -> bool:
        try:
            with self.hands.servers[side].control(limit=PULSE_LIMIT) as control:
                control.one("1")
            self.strikes[side] = 0
        except FAULTS:
            self.strikes[side] += 1
        return self.strikes[side] >= STRIKES

    def _standby(self, state: State) -> Iterator[Event]:
        with self.hands.both(state.primary) as (primary, standby):
            found = replication.progress(primary, standby)
            if found is Progress.BROKEN:
                yield CannotFollow()
            elif state.standby is Standby.FOLLOWING and found is Progress.CAUGHT_UP:
                yield CaughtUp()
            elif state.standby is Standby.CLOSING and replication.in_step(primary, standby):
                yield InStep()
            elif state.standby is Standby.IN_STEP:
                # It runs; but if the primary does not hear of it, commits wait.
                self.detached = 0 if replication.attached(primary) else self.detached + 1
                if self.detached >= STRIKES:
                    self.detached = 0
                    yield Lost(state.primary.other)


def expected(state: State) -> tuple[Side, ...]:
    """Which servers should run. The others are being seen to already."""
    if state.phase is not Phase.SERVING:
        return ()
    away = state.standby in (Standby.NONE, Standby.LOST)
    return (state.primary,) if away else (state.primary, state.primary.other)
