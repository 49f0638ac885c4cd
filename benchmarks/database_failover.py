"""How long clients wait for a failover, and what they lose: a primary killed under load, again and again.

    python -m benchmarks.database_failover [--kills 20] [--writers 4]

| figure                                                             | aim   |
|--------------------------------------------------------------------|-------|
| longest pause between two acknowledged commits, of all writers     | ≤ 2 s |
| acknowledged rows that are not there at the end                    | 0     |

The pause holds everything: to notice the kill, to apply what the standby received, to move the name (at once; on RDS it
takes one to two minutes), and the clients' own reconnect. Every kill waits until the pair is whole again.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from rehearsal.database.model import Side
from tests.rehearsal.database import INSTANCE, Lab, lab, until
from tests.rehearsal.database.load import Load

AIM = 2.0


def failover(made: Lab, load: Load) -> tuple[float, float]:
    """The clients' pause, and the time until the next failover could happen."""
    primary = made.pair.state.primary
    pid = made.pids[primary]
    assert pid
    load.lap()
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    until(lambda: is_primary(made, primary.other))
    load.await_more(50)
    gap = load.lap()
    made.await_standby()
    return gap, time.monotonic() - began


def is_primary(made: Lab, side: Side) -> bool:
    return made.pair.state.primary is side


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--writers", type=int, default=4)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        with lab(root / "rehearsal", root, replace(INSTANCE, multi_az=True)) as made:
            made.await_standby()
            with Load(made, chosen.writers) as load:
                found = [failover(made, load) for _ in range(chosen.kills)]
            lost, rebuilt = load.lost(), sum("CannotFollow" in line for line in made.said)
    gaps, whole = [gap for gap, _ in found], [seconds for _, seconds in found]
    verdict = "ok" if max(gaps) <= AIM else f"MISSED (aim {AIM} s)"
    print(f"{chosen.kills} kills, {chosen.writers} writers: {len(load.acknowledged):,} rows acknowledged, "
          f"{len(lost)} of them lost: {'ok' if not lost else 'MISSED (aim 0)'}; {load.errors} connections broken")
    print(f"clients' gap: median {statistics.median(gaps):.2f} s, worst {max(gaps):.2f} s: {verdict}")
    print(f"pair whole again: median {statistics.median(whole):.1f} s, worst {max(whole):.1f} s; "
          f"{rebuilt} former primaries had written alone, and were made anew")


if __name__ == "__main__":
    main()
