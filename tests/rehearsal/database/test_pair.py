"""Two real servers: killed, rebooted, stopped in mid-air; and not one acknowledged row is lost."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

from rehearsal.database import replication
from rehearsal.database.model import Side
from rehearsal.database.pair import Pair
from rehearsal.database.states import Phase, Promoted, Reboot, Standby, State, WantStandby
from rehearsal.processes import start_of
from tests.rehearsal.database import INSTANCE, Lab, lab, until
from tests.rehearsal.database.load import Load


def kill(lab: Lab, side: Side) -> int:
    pid = lab.pids[side]
    assert pid
    os.kill(pid, signal.SIGKILL)
    return pid


def is_primary(lab: Lab, side: Side) -> bool:
    return lab.pair.state.primary is side


def stepped(pair: Pair) -> State:
    pair.step()
    return pair.state


def same_position(lab: Lab) -> bool:
    """The standby has applied all that the primary has."""
    with lab.pair.hands.both(lab.pair.state.primary) as (primary, standby):
        return replication.position(primary) == replication.position(standby)


def same_rows(lab: Lab) -> bool:
    """Both servers hold the same."""
    found = []
    for server in lab.pair.hands.servers.values():
        with server.control() as control:
            found.append([row["id"] for row in control.rows("SELECT id FROM coko.written ORDER BY id")])
    return found[0] == found[1]


def test_killed_primaries_under_load_lose_nothing(pair: Lab) -> None:
    with Load(pair) as load:
        for _ in range(3):
            primary = pair.pair.state.primary
            zone = pair.pair.standing().zone
            kill(pair, primary)
            until(partial(is_primary, pair, primary.other))
            load.await_more()
            pair.await_standby()
            assert {pair.pair.standing().zone, zone} == {"zone-a", "zone-c"}
        load.await_more()
    assert load.lost() == set()
    assert load.errors > 0
    until(lambda: same_rows(pair))


def test_reboot_with_failover_and_a_killed_standby_lose_nothing(pair: Lab) -> None:
    with Load(pair) as load:
        pair.ask(lambda: pair.pair.tell(Reboot(failover=True)))
        until(lambda: pair.pair.state.primary is Side.B)
        load.await_more()
        pair.await_standby()
        gone = kill(pair, Side.A)
        until(lambda: pair.pids[Side.A] not in (None, gone))
        pair.await_standby()
        load.await_more()
        assert pair.pair.state.primary is Side.B
    assert load.lost() == set()
    until(lambda: same_rows(pair))


def test_a_primary_without_a_standby_in_step_is_not_left_for_it(pair: Lab) -> None:
    """Both are killed at once; then the name stays where everything is."""
    pair.rows("CREATE TABLE kept (id INT PRIMARY KEY)")
    pair.rows("INSERT INTO kept VALUES (1)")
    before = dict(pair.pids)
    kill(pair, Side.B)
    kill(pair, Side.A)
    until(lambda: pair.pair.state.phase is Phase.SERVING and pair.pids[Side.A] not in (None, before[Side.A]))
    pair.await_standby()
    assert pair.rows("SELECT id FROM kept") == [(1,)]


def test_what_a_former_primary_wrote_alone_is_gone_when_it_follows(pair: Lab) -> None:
    """Never acknowledged by the pair, it must not come back with the server that holds it."""
    pair.rows("CREATE TABLE written (id INT PRIMARY KEY)")
    hands = pair.pair.hands
    until(lambda: same_position(pair))
    pair.end()
    hands.servers[Side.B].kill()
    with hands.servers[Side.A].control() as control:
        control.run("SET GLOBAL rpl_semi_sync_master_enabled = 0")
        control.run("INSERT INTO coko.written VALUES (666)")
    hands.servers[Side.A].kill()
    pair.pair.state = replace(pair.pair.state, phase=Phase.PROMOTING)
    hands._start(Side.B)
    with hands.servers[Side.B].control() as control:
        control.run("SET GLOBAL read_only = 0")
        pair.pair.tell(Promoted(replication.position(control).number))
    pair.rows("INSERT INTO written VALUES (1)")
    until(lambda: stepped(pair.pair).standby is Standby.IN_STEP)
    assert pair.pair.state.primary is Side.B
    assert pair.rows("SELECT id FROM written") == [(1,)]
    until(lambda: same_rows(pair))


def test_a_standby_that_hangs_does_not_hold_up_commits_for_ever(pair: Lab) -> None:
    pid = pair.pids[Side.B]
    assert pid
    with Load(pair) as load:
        os.kill(pid, signal.SIGSTOP)
        until(lambda: start_of(pid) is None)
        load.await_more()
        pair.await_standby()
    assert load.lost() == set()


def test_whoever_looks_after_them_may_end_and_come_back(pair: Lab, state: Path) -> None:
    pair.rows("CREATE TABLE kept (id INT PRIMARY KEY)")
    pair.end()
    before = dict(pair.pids)
    pair.names.records.clear()
    again = Pair(pair.pair.root, pair.instance, pair.pair.doors)
    again.begin()
    again.step()
    assert (again.state.standby, again.state.status, dict(pair.pids)) == (Standby.IN_STEP, "available", before)
    assert pair.rows("SELECT COUNT(*) FROM kept") == [(0,)]
    kill(pair, Side.A)
    until(lambda: stepped(again).primary is Side.B)
    assert pair.rows("SELECT COUNT(*) FROM kept") == [(0,)]


def test_a_standby_is_added_and_taken_away(tmp_path: Path, state: Path) -> None:
    with lab(tmp_path, state) as single:
        single.rows("CREATE TABLE kept (id INT PRIMARY KEY)")
        single.ask(lambda: single.pair.tell(WantStandby(True)))
        until(lambda: single.pair.state.standby is Standby.IN_STEP)
        with single.pair.hands.servers[Side.B].control() as control:
            assert control.rows("SELECT id FROM coko.kept") == []
        standby = single.pids[Side.B]
        assert standby
        single.ask(lambda: single.pair.tell(WantStandby(False)))
        until(lambda: start_of(standby) is None and not single.pair.hands.servers[Side.B].root.exists())
        assert single.rows("SELECT id FROM kept") == []
        assert single.instance == INSTANCE
