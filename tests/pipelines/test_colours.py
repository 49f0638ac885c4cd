"""Blue/green decided: which colour is live, what is missing before and after. Pure values in, requests out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import deployments
from pipelines.colours import Colour, live_and_idle, ready, resize, settled
from pipelines.door import Call
from pipelines.errors import Failure
from pipelines.history import dora
from pipelines.status import Host, findings
from pipelines.test import counted, run
from tests.pipelines.memory import TIER, Memory

BLUE = Colour(name="blue", minimum=2, desired=3, maximum=6, in_service=3, registered=3, suspended=False)
GREEN = Colour(name="green", minimum=0, desired=0, maximum=6, in_service=0, registered=0, suspended=False)


def operations(calls: list[Call]) -> list[str]:
    return [call.operation for call in calls]


@pytest.mark.parametrize(("blue", "green", "live"), [
    ({}, {}, "blue"),
    ({"registered": 0}, {"registered": 2, "in_service": 2}, "green"),
    ({"registered": 0}, {}, "blue"),                                # not in the target group yet: the one that runs
    ({"registered": 0, "in_service": 0}, {}, "blue"),               # nothing runs yet: the one that should
    ({}, {"registered": 1}, None),                                  # both have traffic
    ({"registered": 0}, {"in_service": 1}, None),                   # nobody has, both run
    ({"registered": 0, "in_service": 0, "desired": 0}, {}, None),   # nothing anywhere
])
def test_live_is_who_has_the_traffic(blue: dict[str, int], green: dict[str, int], live: str | None) -> None:
    pair = live_and_idle([replace(BLUE, **blue), replace(GREEN, **green)])  # type: ignore[arg-type]
    assert (pair[0].name if pair else None) == live


def test_the_idle_colour_is_held_back_before_it_grows() -> None:
    calls = ready(BLUE, GREEN)
    assert operations(calls) == ["suspend_processes", "update_auto_scaling_group"]
    assert calls[1] == resize("green", minimum=2, desired=3)


def test_what_an_interrupted_run_has_done_is_not_done_again() -> None:
    assert ready(BLUE, replace(GREEN, suspended=True, minimum=2, desired=4)) == []


def test_afterwards_the_live_one_is_free_and_the_other_one_empty() -> None:
    green = replace(GREEN, minimum=2, desired=3, registered=3, in_service=3, suspended=True)
    calls = settled(TIER, green, replace(BLUE, registered=0), ["blue"])
    assert operations(calls) == ["resume_processes", "update_deployment_group", "update_auto_scaling_group"]
    assert calls[1].arguments["autoScalingGroups"] == ["green"]
    assert calls[2] == resize("blue", minimum=0, desired=0)


def test_after_a_rollback_the_green_one_is_emptied_and_let_go() -> None:
    calls = settled(TIER, BLUE, replace(GREEN, desired=3, minimum=2, suspended=True), ["blue"])
    assert operations(calls) == ["update_auto_scaling_group", "resume_processes"]


def test_when_all_is_done_nothing_is_left() -> None:
    assert settled(TIER, BLUE, GREEN, ["blue"]) == []


def host(name: str, digest: str, health: str = "healthy") -> Host:
    return Host(id=name, group="g", lifecycle="InService", health=health, why="", digest=digest, deployment="d-1")


def test_status_finds_what_differs_and_what_is_ill() -> None:
    found = findings("a" * 64, None, [host("i-1", "a" * 64), host("i-2", "b" * 64), host("i-3", "a" * 64, "unhealthy")])
    assert found == ["i-3 is unhealthy", "i-2 runs bbbbbbbbbbbb, live is aaaaaaaaaaaa"]
    assert findings("", None, []) == ["there are no instances", "nothing was ever deployed to the end"]


def test_the_dora_figures_are_those_of_the_deployments() -> None:
    door = Memory().had("a", "Succeeded").had("b", "Failed").had("a", "Succeeded", creator="codeDeployRollback")
    told = dora(deployments.recent(door, TIER), {"a" * 64: door.time})
    assert (told.deployments, told.failure_percent, told.restore_seconds, told.lead_seconds) == (2, 50, 60, 60)
    assert dora([], {}).failure_percent is None


@pytest.mark.parametrize(("text", "code", "told"), [
    ("def test_it() -> None:\n    assert True\n", None, ""),
    ("def test_it() -> None:\n    assert False\n", 1, "failed"),
    ("", 1, "no test"),
    ("import pytest\n\n\n@pytest.mark." "skip\ndef test_it() -> None:\n    pass\n", 1, "no test"),
])
def test_failed_and_empty_runs_stop_the_pipeline(tmp_path: Path, text: str, code: int | None, told: str) -> None:
    (tmp_path / "test_some.py").write_text(text)
    if code is None:
        done = run("web", root=tmp_path, paths=["test_some.py"])
        assert (done.tests, counted(Path(done.report))) == (1, 1)
        return
    with pytest.raises(Failure, match=told) as failed:
        run("web", root=tmp_path, paths=["test_some.py"])
    assert failed.value.exit_code == code
