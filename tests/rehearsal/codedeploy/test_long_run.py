"""Random lives of the whole service, database and restarts included."""

from __future__ import annotations

from pathlib import Path

import pytest

from .long_run import live


@pytest.mark.parametrize("seed", range(12))
def test_a_long_life_keeps_every_promise(seed: int, tmp_path: Path) -> None:
    run = live(seed, tmp_path, 4000)
    assert run.steps == 4000
    assert len(run.lab.ran) > 20, "a life in which next to nothing ran proves nothing"
