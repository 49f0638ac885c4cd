"""Who may deploy when, and where a rollback goes: stages against AWS in memory."""

from __future__ import annotations

import json

import pytest

from pipelines import deploy, deployments, releases, rollback
from pipelines.deployments import Note
from pipelines.door import Call
from pipelines.errors import ExitCode, Failure
from pipelines.releases import Good
from pipelines.watch import write_down
from tests.pipelines.memory import TIER, Memory, release


def note(**members: str) -> str:
    return Note(**members).text


def created(door: Memory) -> list[Call]:
    return [call for call in door.sent if call.operation == "create_deployment"]


def test_a_release_is_deployed_by_the_version_and_the_bytes_of_its_object() -> None:
    door = Memory()
    started = deploy.deploy(door, TIER, release("a"), Note(by="kim", commit="c0ffee"))
    asked = created(door)[0].arguments
    assert asked["revision"]["s3Location"] == {
        "bucket": "bucket", "key": f"web/{'a' * 64}.zip", "bundleType": "zip", "eTag": "e", "version": "v"}
    assert json.loads(asked["description"]) == {"by": "kim", "why": "deploy", "commit": "c0ffee"}
    assert (started.deployment.id, started.joined) == ("d-1", False)


def test_the_same_release_under_way_is_joined() -> None:
    door = Memory().had("a", "InProgress")
    assert deploy.deploy(door, TIER, release("a"), Note()).joined
    assert created(door) == []


def test_the_same_build_starts_one_deployment_whatever_became_of_it() -> None:
    door = Memory().had("a", "Failed", description=note(token="build-7"))
    assert deploy.deploy(door, TIER, release("a"), Note(token="build-7")).deployment.id == "d-1"
    assert not deploy.deploy(door, TIER, release("a"), Note(token="build-8")).joined


def test_an_old_release_can_be_deployed_again() -> None:
    door = Memory().had("a", "Succeeded").had("b", "Succeeded")
    assert not deploy.deploy(door, TIER, release("a"), Note()).joined


def test_another_release_under_way_refuses_and_says_who_it_is() -> None:
    door = Memory().had("b", "InProgress", description=note(by="jenkins coko-7"))
    with pytest.raises(Failure) as refused:
        deploy.deploy(door, TIER, release("a"), Note(), clock=door.clock())
    assert refused.value.exit_code == ExitCode.REFUSED
    assert "d-1 (jenkins coko-7, release bbbbbbbbbbbb)" in refused.value.why
    assert created(door) == []


def test_it_waits_as_long_as_it_is_told_and_then_deploys() -> None:
    door = Memory().had("b", "InProgress")
    clock = door.clock(lambda: None, lambda: door.deployments[0].update(status="Succeeded"))
    assert deploy.deploy(door, TIER, release("a"), Note(), wait=60, clock=clock).deployment.id == "d-2"
    with pytest.raises(Failure, match="after 60 s"):
        deploy.deploy(Memory().had("b", "InProgress"), TIER, release("a"), Note(), wait=60, clock=door.clock())


def test_who_comes_a_moment_later_is_refused_like_who_comes_late() -> None:
    door = Memory(refuse={"create_deployment": ["DeploymentLimitExceededException"]})
    with pytest.raises(Failure) as refused:
        deploy.deploy(door, TIER, release("a"), Note(), clock=door.clock())
    assert refused.value.exit_code == ExitCode.REFUSED


def test_a_group_that_is_gone_is_told_as_such() -> None:
    door = Memory(refuse={"create_deployment": ["DeploymentGroupDoesNotExistException"]})
    with pytest.raises(Failure) as refused:
        deploy.deploy(door, TIER, release("a"), Note())
    assert refused.value.next == "pulumi up --stack s"


def test_a_dry_run_sends_nothing_and_shows_what_would_be_sent() -> None:
    door = Memory()
    assert deploy.dry(door, TIER, release("a"), Note()) == [deploy.request(TIER, release("a"), Note())]
    assert door.sent == []


def test_what_was_asked_for_is_not_its_rollback() -> None:
    door = Memory().had("a", "Failed").had("b", "Succeeded", creator="codeDeployRollback")
    asked = deployments.asked_for(deployments.recent(door, TIER))
    assert asked is not None
    assert asked.id == "d-1"


def chosen(door: Memory) -> str:
    return rollback.choose(door, TIER).release.digest[0]


def test_back_is_the_good_one_before_the_one_that_runs() -> None:
    assert chosen(Memory().knows("a", "b").had("a", "Succeeded").had("b", "Succeeded")) == "a"


def test_after_a_failure_that_nobody_rolled_back_it_is_the_last_good_one() -> None:
    assert chosen(Memory().knows("a", "b", "c").had("a", "Succeeded").had("b", "Succeeded").had("c", "Failed")) == "b"


def test_after_an_automatic_rollback_it_is_the_one_before_that() -> None:
    door = Memory().knows("a", "b", "c").had("a", "Succeeded").had("b", "Succeeded").had("c", "Failed")
    assert chosen(door.had("b", "Succeeded", creator="codeDeployRollback")) == "a"


def test_after_an_automatic_rollback_that_failed_it_is_the_same_one_again() -> None:
    door = Memory().knows("a", "b", "c").had("a", "Succeeded").had("b", "Succeeded")
    door.had("c", "Failed", rollbackInfo={"rollbackDeploymentId": "d-4"})
    assert chosen(door.had("b", "Failed", creator="codeDeployRollback")) == "b"


def test_what_somebody_went_back_from_is_not_gone_back_to() -> None:
    door = Memory().knows("a", "b", "c").had("a", "Succeeded").had("b", "Succeeded").had("c", "Succeeded")
    door.had("b", "Succeeded", description=note(why="rollback", leaving="c" * 64))
    assert chosen(door) == "a"


def test_what_was_brought_again_after_that_counts_again() -> None:
    door = Memory().knows("a", "b", "c").had("a", "Succeeded").had("b", "Succeeded")
    door.had("a", "Succeeded", description=note(why="rollback", leaving="b" * 64))
    door.had("b", "Succeeded").had("c", "Succeeded")
    assert chosen(door) == "b"


def test_our_own_record_is_enough_when_codedeploy_has_forgotten() -> None:
    door = Memory().knows("a", "b")
    known: list[Good] = []
    for letter, at in (("a", "2026-01-01T00:00:00Z"), ("b", "2026-01-02T00:00:00Z")):
        door.send(releases.remember(TIER, known, Good(digest=letter * 64, deployment=f"d-old-{letter}", at=at)))
        known = releases.good(door, TIER)
    assert chosen(door) == "a"


def test_a_release_whose_bundle_is_gone_is_passed_over() -> None:
    assert chosen(Memory().knows("a").had("a", "Succeeded").had("b", "Succeeded").had("c", "Succeeded")) == "a"


def test_with_nothing_to_go_back_to_it_says_so() -> None:
    with pytest.raises(Failure, match="no release to go back to") as refused:
        rollback.choose(Memory().knows("a").had("a", "Succeeded"), TIER)
    assert refused.value.exit_code == ExitCode.REFUSED


def test_a_release_can_be_named_by_its_beginning_or_its_commit() -> None:
    door = Memory().knows("a", "b").had("a", "Succeeded").had("b", "Succeeded")
    assert rollback.choose(door, TIER, "aaaa").release == release("a")
    assert releases.find(door, TIER, "b" * 40).digest == "b" * 64
    with pytest.raises(Failure, match="no release zzzz"):
        releases.find(door, TIER, "zzzz")


def test_the_record_of_good_releases_stays_within_a_parameter_and_takes_each_once() -> None:
    door = Memory()
    for _ in range(40):
        door.had("a", "Succeeded")
        write_down(door, TIER, deployments.recent(door, TIER)[0])
        write_down(door, TIER, deployments.recent(door, TIER)[0])
    kept = releases.good(door, TIER)
    assert len(door.parameters[TIER.record]) < 4096
    assert len({each.deployment for each in kept}) == len(kept) == releases.KEPT
    assert kept[0].deployment == "d-40"


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"by": 3}', '{"other": "x"}', "null"])
def test_a_description_that_is_not_ours_is_no_trouble(text: str) -> None:
    assert Note.read(text).token == ""
