"""How long it takes to package a tier, and how large it gets: `python -m benchmarks.pipelines_package`."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from pipelines.package import Bundle, package
from pipelines.stack import TIERS

RUNS = 5


def measured(tier: str, out: Path) -> tuple[float, Bundle]:
    began = time.perf_counter()
    made = package(tier, out=out)
    return time.perf_counter() - began, made


def main() -> None:
    with tempfile.TemporaryDirectory() as out:
        for tier in TIERS:
            runs = [measured(tier, Path(out)) for _ in range(RUNS)]
            assert len({bundle.sha256 for _, bundle in runs}) == 1, "the same tree gave other bytes"
            seconds = [each for each, _ in runs]
            print(f"{tier}: {statistics.median(seconds):.2f} s (of {RUNS}: {min(seconds):.2f} to {max(seconds):.2f}), "
                  f"{runs[0][1].size / 1e6:.2f} MB, {runs[0][1].files} files")


if __name__ == "__main__":
    main()
