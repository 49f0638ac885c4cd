"""Two servers as one database: a commit is acknowledged when the other has it too (semi-synchronous, AFTER_SYNC).

What the standby acknowledged is in its relay log, not yet in its tables: a promotion first applies all of it.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pipelines.errors import Failure
from rehearsal.database.accounts import REPLICATOR
from rehearsal.database.model import Where
from rehearsal.database.sql import Control, Row

APPLY_LIMIT = 120.0
CLOSE = 100         # events not yet applied that are few: from then on commits wait for it
ALL_READ = "Slave has read all relay log"


class Progress(Enum):
    CATCHING_UP = "it reads what it missed"
    CAUGHT_UP = "it has nearly all that the primary had a moment ago"
    BROKEN = "it cannot follow: its history is another one"


@dataclass(frozen=True)
class Position:
    """The last event of a history: who wrote it, and which one it was."""

    server: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Position:
        match = re.fullmatch(r"0-(\d+)-(\d+)", text.strip())
        return cls(int(match[1]), int(match[2])) if match else cls(0, 0)


def position(control: Control) -> Position:
    return Position.parse(str(control.one("@@global.gtid_binlog_pos")))


def wrote_alone(follower: Position, number: int, agreed: int | None) -> bool:
    """Whether a former primary holds what its successor never got: it was never acknowledged, and has to go."""
    return follower.server == number and agreed is not None and follower.number > agreed


def follow(control: Control, primary: Where, password: str, trusted: Path) -> None:
    """From where its own history ends."""
    control.run("SET GLOBAL read_only = 1")
    control.run("SET GLOBAL rpl_semi_sync_master_enabled = 0")
    _wait_for_disk(control, False)
    control.run("STOP SLAVE")
    control.run("RESET SLAVE ALL")
    control.run("SET GLOBAL gtid_slave_pos = %s", control.one("@@global.gtid_binlog_pos"))
    control.run("CHANGE MASTER TO MASTER_HOST = %s, MASTER_PORT = %s, MASTER_USER = %s, MASTER_PASSWORD = %s, "
                "MASTER_SSL = 1, MASTER_SSL_CA = %s, MASTER_SSL_VERIFY_SERVER_CERT = 1, MASTER_CONNECT_RETRY = 1, "
                "MASTER_USE_GTID = slave_pos", primary.address, primary.port, REPLICATOR, password, str(trusted))
    control.run("START SLAVE")


def progress(primary: Control, standby: Control) -> Progress:
    rows = standby.rows("SHOW SLAVE STATUS")
    if not rows or int(rows[0]["Last_SQL_Errno"]) or int(rows[0]["Last_IO_Errno"]) == 1236:
        return Progress.BROKEN
    if rows[0]["Slave_IO_Running"] != "Yes":
        return Progress.CATCHING_UP
    behind = position(primary).number - position(standby).number
    return Progress.CAUGHT_UP if behind <= CLOSE else Progress.CATCHING_UP


def lag(primary: Control, standby: Control) -> int:
    """How many events the standby has not received of what the primary had a moment ago."""
    wanted = position(primary)
    [row] = standby.rows("SHOW SLAVE STATUS")
    return max(0, wanted.number - received(standby, row))


def received(standby: Control, row: Row) -> int:
    """The last event in its relay log; before the first one comes, the last in its tables."""
    return max(Position.parse(str(row["Gtid_IO_Pos"])).number, position(standby).number)


def close_ranks(primary: Control, standby: Control) -> None:
    """From now on the primary waits for the standby; which has to introduce itself again for that."""
    primary.run("SET GLOBAL rpl_semi_sync_master_enabled = 1")
    standby.run("STOP SLAVE IO_THREAD")
    standby.run("START SLAVE IO_THREAD")


def in_step(primary: Control, standby: Control) -> bool:
    """The primary waits for this standby, and what it did not wait for the standby has too."""
    waiting = primary.status("Rpl_semi_sync_master_status") == "ON"
    return attached(primary) and waiting and lag(primary, standby) == 0


def attached(primary: Control) -> bool:
    return primary.status("Rpl_semi_sync_master_clients") == "1"


def let_go(primary: Control) -> None:
    """The primary goes on alone; who waits for the standby is answered."""
    primary.run("SET GLOBAL rpl_semi_sync_master_enabled = 0")


def promote(control: Control, *, limit: float = APPLY_LIMIT) -> Position:
    """All that was received is applied; then it may be written to. To do it twice is to do it once."""
    if control.rows("SHOW SLAVE STATUS"):
        control.run("STOP SLAVE IO_THREAD")
        _apply_all(control, limit)
        control.run("STOP SLAVE")
        control.run("RESET SLAVE ALL")
    _wait_for_disk(control, True)
    control.run("SET GLOBAL read_only = 0")
    return position(control)


def _wait_for_disk(control: Control, wait: bool) -> None:
    """A standby need not: the primary did, and a killed process loses nothing that it handed to the system.

    It is what lets it keep up, and a promotion takes as long as what is left to apply.
    """
    control.run(f"SET GLOBAL sync_binlog = {int(wait)}")
    control.run(f"SET GLOBAL innodb_flush_log_at_trx_commit = {1 if wait else 2}")


def applied(control: Control) -> int:
    return Position.parse(str(control.one("@@global.gtid_slave_pos"))).number


def _apply_all(control: Control, limit: float) -> None:
    until = time.monotonic() + limit
    control.run("START SLAVE SQL_THREAD")
    while True:
        [row] = control.rows("SHOW SLAVE STATUS")
        if int(row["Last_SQL_Errno"]):
            raise Failure("the standby cannot apply what it received", why=str(row["Last_SQL_Error"]),
                          next="the former primary is started again: nothing is lost")
        # All is read, and all that was read is done: several threads do it.
        if str(row["Slave_SQL_Running_State"]).startswith(ALL_READ) and applied(control) >= received(control, row):
            return
        if time.monotonic() > until:
            raise Failure("the standby does not finish applying what it received", why=f"after {limit:.0f} s it says: "
                          f"{row['Slave_SQL_Running_State']}", next="look at the load; it is tried again")
        time.sleep(0.002)
