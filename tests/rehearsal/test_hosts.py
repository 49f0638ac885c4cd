"""`coko rehearse up` without `--only`: every instance of the stack is a box; `down` leaves none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from rehearsal.fleet.reach import boxes, find
from rehearsal.processes import start_of

ROOT = Path(__file__).parents[2]


def rehearse(home: Path, *words: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", "cli", "rehearse", *words, "--json"], cwd=ROOT, capture_output=True,
                          text=True, check=False, env={**os.environ, "COKO_REHEARSAL_HOME": str(home)})
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_hosts_run_answer_and_go(tmp_path: Path) -> None:
    home = tmp_path / "home"
    try:
        assert rehearse(home, "up", "--engine", "in-process")["hosts"] == 4
        status = rehearse(home, "status")
        assert sorted(host["tier"] for host in status["hosts"]) == ["was", "was", "web", "web"]
        answer = subprocess.run(find(home / "fleet", "web").command("curl", "-fsS", "http://127.0.0.1/healthz"),
                                capture_output=True, text=True, check=True)
        assert answer.stdout == "ok\n"
        assert rehearse(home, "up", "--engine", "in-process")["changed"] is False
        inside = [box.pid for box in boxes(home / "fleet")]
    finally:
        rehearse(home, "down")
    assert not home.exists()
    assert [pid for pid in inside if start_of(pid) is not None] == []
