"""Model checking at length: a million random steps of the state machine, and long lives of the whole service.

    python -m benchmarks.codedeploy_model [--steps 1000000] [--lives 60] [--seed 0]

Stops at the first broken rule with the seed and the last steps. The tests walk the same way with fewer steps.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.rehearsal.codedeploy.long_run import live
from tests.rehearsal.codedeploy.walk import walk

LIFE = 2500


def machine(steps: int, seed: int) -> None:
    began, taken, walks = time.perf_counter(), 0, 0
    ends: Counter[str] = Counter()
    while taken < steps:
        way = walk(seed + walks)
        taken += way.walked
        walks += 1
        ends[f"{way.plan.kind} {way.deployment.status}"] += 1
    seconds = time.perf_counter() - began
    print(
        f"state machine: {taken:,} random steps in {walks:,} deployments, no rule broken "
        f"({seconds:.1f} s, {seconds / taken * 1e6:.0f} µs a step)"
    )
    for end, count in sorted(ends.items()):
        print(f"  {count:6,}  {end}")


def service(lives: int, seed: int) -> None:
    began, ran, restarts = time.perf_counter(), 0, 0
    with tempfile.TemporaryDirectory() as directory:
        for number in range(lives):
            run = live(seed + number, Path(directory), LIFE)
            ran += len(run.lab.ran)
            restarts += run.restarts
    seconds = time.perf_counter() - began
    print(
        f"whole service: {lives * LIFE:,} random steps in {lives} lives, {ran:,} events executed, "
        f"{restarts:,} restarts, no promise broken ({seconds:.1f} s)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--lives", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    machine(chosen.steps, chosen.seed)
    service(chosen.lives, chosen.seed)


if __name__ == "__main__":
    main()
