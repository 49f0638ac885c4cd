"""Completion never goes stale: it asks the parser."""

from __future__ import annotations

import subprocess

import pytest

from cli.verbs import VERBS
from cli.verbs.completion import SCRIPTS, candidates


def test_first_come_the_verbs() -> None:
    assert candidates([]) == sorted(VERBS)


def test_then_the_verbs_own_options() -> None:
    assert {"--json", "--stack"} <= set(candidates(["completion"]))
    assert "--words" not in candidates(["completion"])


@pytest.mark.parametrize("shell", [shell for shell in SCRIPTS if shell == "bash"])
def test_the_script_parses(shell: str) -> None:
    subprocess.run(["bash", "-n"], input=SCRIPTS[shell], text=True, check=True)
