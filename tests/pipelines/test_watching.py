"""From snapshots to events, from what was said to a cause, and how both look on a screen."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from cli.following import Following, bar, clock, line
from cli.terminal import Terminal
from pipelines.cause import why
from pipelines.deployments import Deployment
from pipelines.snapshot import Event, Instance, Snapshot, Step, between
from pipelines.stop import stop
from pipelines.watch import Outcome
from tests.pipelines.memory import Memory

HOOK = ("[stdout]==> starting\n[stderr]FAILED: coko-was did not start\n[stderr]  why:  no\n[stderr]module\n"
        "[stderr]  next: mend it")
DEPLOYMENT = Deployment(id="d-1", group="g", status="InProgress", digest="a" * 64, created=100.0)


def shot(status: str = "InProgress", *steps: Step, instance: str = "i-1") -> Snapshot:
    return Snapshot(replace(DEPLOYMENT, status=status), (Instance(id=instance, status=status, steps=steps),))


def step(name: str, status: str, **more: object) -> Step:
    return replace(Step(name=name, status=status), **more)  # type: ignore[arg-type]


def test_every_change_is_an_event_once_and_the_deployments_end_is_last() -> None:
    first = shot("InProgress", step("Install", "InProgress", started=1.0), step("AfterInstall", "Pending"))
    second = shot("Failed", step("Install", "Succeeded", started=1.0, ended=3.5),
                  step("AfterInstall", "Failed", started=4.0, ended=5.0, message="exit code 1"))
    begun, ended = between(None, first, 0), between(first, second, 9)
    assert [(e.step, e.status) for e in begun] == [("", "InProgress"), ("Install", "InProgress")]
    assert [(e.step, e.status, e.seconds) for e in ended] == [
        ("Install", "Succeeded", 2.5), ("AfterInstall", "Failed", 1.0), ("", "Failed", None)]
    assert between(second, second, 10) == []


def test_what_was_skipped_is_no_event() -> None:
    assert [e.step for e in between(None, shot("Failed", step("Install", "Skipped")), 0)] == [""]


def test_percent_is_of_the_steps_that_are_known() -> None:
    assert shot("InProgress", step("a", "Succeeded"), step("b", "Pending"), step("c", "Pending")).percent == 33
    assert shot("InProgress").percent == 0
    assert shot("Succeeded", step("a", "Skipped")).percent == 100


def test_the_hooks_own_last_words_are_the_cause() -> None:
    failed = why(shot("Failed", step("ApplicationStart", "Failed", code="ScriptFailed", log=HOOK, script="scripts/x.sh",
                                     message="Script at specified location: x failed with exit code 70")))
    assert failed.cause == "coko-was did not start: no module"
    assert (failed.next, failed.exit_code, failed.script) == ("mend it", 70, "scripts/x.sh")
    assert "[stderr]" not in failed.log


@pytest.mark.parametrize(("broken", "told"), [
    (step("AfterInstall", "Failed", code="ScriptTimedOut", script="a.sh"), "a.sh was still running when its timeout"),
    (step("AfterInstall", "Failed", code="ScriptMissing", script="a.sh"), "the bundle has no a.sh"),
    (step("AllowTraffic", "Failed"), "i-1 did not become healthy in its target group"),
    (step("BlockTraffic", "Failed"), "could not be taken out of its target group"),
    (step("DownloadBundle", "Failed", message="403"), "i-1 could not get the bundle: 403"),
    (step("Install", "Failed", message="a file already exists at this location: /x"), "exists at this location: /x"),
    (step("Install", "Failed", message="The CodeDeploy agent on i-1 is not answering"), "agent on i-1 does not answer"),
    (step("ValidateService", "Failed", code="UnknownError"), "ValidateService failed on i-1: UnknownError"),
])
def test_what_codedeploy_says_is_told_in_words(broken: Step, told: str) -> None:
    assert told in why(shot("Failed", broken)).cause


@pytest.mark.parametrize(("code", "told"), [
    ("ALARM_ACTIVE", "an alarm rang"), ("HEALTH_CONSTRAINTS_INVALID", "more healthy hosts than there are"),
    ("NO_INSTANCES", "no instances"), ("MANUAL_STOP", "somebody stopped it"), ("NEW_CODE", "its words"),
    ("", "not why"),
])
def test_a_deployment_that_fails_without_an_instance_has_a_cause_too(code: str, told: str) -> None:
    message = "its words" if code else ""
    assert told in why(Snapshot(replace(DEPLOYMENT, status="Failed", code=code, message=message), ())).cause


def test_of_several_failures_the_first_one_counts() -> None:
    late, early = step("Install", "Failed", ended=9.0), step("Install", "Failed", ended=5.0)
    both = Snapshot(replace(DEPLOYMENT, status="Failed"), (
        Instance(id="i-1", status="Failed", steps=(late,)), Instance(id="i-2", status="Failed", steps=(early,))))
    assert why(both).instance == "i-2"


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(*, live: bool = False, as_json: bool = False) -> Terminal:
    return Terminal(io.StringIO(), Tty() if live else io.StringIO(), as_json, {})


def view(where: Terminal) -> Following:
    return Following(where, "web", {"AfterInstall": 240}, 80.0, now=lambda: 131.0)


def said(where: Terminal) -> str:
    assert isinstance(where.err, io.StringIO)
    return where.err.getvalue()


def test_a_log_gets_one_line_an_event_and_nothing_that_moves() -> None:
    where = terminal()
    view(where)(shot(), [Event(deployment="d-1", status="Failed", at=0, instance="i-1", step="Install", seconds=2.54,
                               message="no room")])
    assert said(where).endswith("i-1 Install Failed in 2.5 s: no room\n")
    assert "\033" not in said(where)


def test_a_person_gets_a_block_that_is_drawn_again() -> None:
    where = terminal(live=True)
    following, now = view(where), shot("InProgress", step("AfterInstall", "InProgress", started=121.0))
    following(now, [])
    following(now, [])
    assert "0:31 of about 1:20" in said(where)
    assert "AfterInstall  0:10 of 4:00" in said(where)
    assert said(where).count("\033[2A") == 1, "the second drawing goes over the first"


def test_a_large_fleet_does_not_scroll_away_and_failures_come_first() -> None:
    many = tuple(Instance(id=f"i-{n:02}", status="Failed" if n == 40 else "Pending") for n in range(50))
    lines = view(terminal()).block(Snapshot(DEPLOYMENT, many))
    assert len(lines) == 14
    assert "i-40" in lines[1]
    assert lines[-1] == "  and 38 more"


def test_programs_get_json_lines() -> None:
    where = terminal(as_json=True)
    view(where)(shot(), [Event(deployment="d-1", status="InProgress", at=1.0)])
    assert isinstance(where.out, io.StringIO)
    assert json.loads(where.out.getvalue()) == {"event": {"deployment": "d-1", "status": "InProgress", "at": 1.0}}


def test_the_last_word_names_cause_place_log_and_what_became_of_it() -> None:
    over = replace(DEPLOYMENT, status="Failed", completed=165.0)
    failed = why(shot("Failed", step("ApplicationStart", "Failed", log=HOOK, script="s.sh", message="exit code 70")))
    back = replace(DEPLOYMENT, id="d-2", digest="b" * 64, status="Succeeded")
    text = view(terminal()).ended(Outcome(deployment=over, failed=failed, rollback=back))
    assert "web: d-1 failed after 1:05, release aaaaaaaaaaaa" in text
    assert "where: i-1 ApplicationStart s.sh, exit code 70" in text
    assert "CodeDeploy rolled back to bbbbbbbbbbbb as d-2: Succeeded" in text
    alone = view(terminal()).ended(Outcome(deployment=over, failed=failed, rollback=None))
    assert "there was no rollback; coko rollback web" in alone


def test_small_words() -> None:
    assert (clock(None), clock(0), clock(3661)) == ("?", "0:00", "61:01")
    assert bar(50) == "██████████░░░░░░░░░░  50 %"
    assert "d-1 Stopped: by kim" in line(Event(deployment="d-1", status="Stopped", at=0, message="by kim"))


class Stoppable(Memory):
    def stop_deployment(self, asked: dict[str, object]) -> dict[str, object]:
        assert asked == {"deploymentId": "d-1", "autoRollbackEnabled": True}
        return {"status": "Pending"}


def test_stopping_says_what_comes_next() -> None:
    door = Stoppable().had("a", "InProgress")
    assert "rolls back once what runs" in stop(door, "d-1", clock=door.clock()).words
    door.deployments[0].update(status="Stopped", rollbackInfo={"rollbackDeploymentId": "d-2"})
    assert stop(door, "d-1", clock=door.clock()).words == "d-1 is stopped; CodeDeploy rolls back as d-2"


def test_stopping_what_is_over_is_not_an_error() -> None:
    door = Stoppable(refuse={"stop_deployment": ["DeploymentAlreadyCompletedException"]}).had("a", "Succeeded")
    assert stop(door, "d-1").words == "d-1 was over already: Succeeded"
