"""Whose scripts an event runs, how many revisions are kept, and how a command is talked over."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

from tests.rehearsal.agent.host import (
    ALL_EVENTS,
    ALLOW,
    BLOCK,
    EVENTS,
    HEAD,
    Host,
    Recorder,
    bash,
    failure,
    hooks,
    spec_of,
)

HOOKED = [event for event in ALL_EVENTS if event not in ("DownloadBundle", "Install")]
ROLLBACK = {"DeploymentCreator": "codeDeployRollback", "DeploymentType": "BLUE_GREEN"}


def deploy(
    host: Host, deployment: str, tag: str, events: list[str] = ALL_EVENTS, extra: str = "true", **fields: Any
) -> Recorder:
    """A revision whose scripts tell its tag."""
    contents = {"appspec.yml": HEAD + hooks(HOOKED, "s.sh"), "s.sh": bash(f"echo {tag} $LIFECYCLE_EVENT\n{extra}")}
    return host.deploy(spec_of(host.revision(contents, tag), deployment, **fields), events)


def ran(host: Host, deployment: str) -> dict[str, str]:
    return {event: tag for tag, _, event in (line.partition(" ") for line in host.said(deployment))}


OLD, NEW = [*BLOCK, "ApplicationStop"], ["BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService", *ALLOW]


def test_the_first_deployment_has_nothing_old_to_run(host: Host) -> None:
    assert failure(deploy(host, "d-1", "X")) == ""
    assert ran(host, "d-1") == dict.fromkeys(NEW, "X")


def test_stopping_is_the_old_revisions_business(host: Host) -> None:
    deploy(host, "d-1", "X")
    deploy(host, "d-2", "Y")
    assert ran(host, "d-2") == dict.fromkeys(OLD, "X") | dict.fromkeys(NEW, "Y")


def test_installed_is_what_counts_not_deployed(host: Host) -> None:
    deploy(host, "d-1", "X")
    assert "exit code 1" in failure(deploy(host, "d-2", "Y", extra="[ $LIFECYCLE_EVENT != ValidateService ]"))
    deploy(host, "d-3", "Z")
    assert ran(host, "d-3") == dict.fromkeys(OLD, "Y") | dict.fromkeys(NEW, "Z")


def test_a_present_archive_is_preferred_to_the_old_one(host: Host) -> None:
    deploy(host, "d-1", "X")
    deploy(host, "d-2", "Y", ["DownloadBundle", "ApplicationStop"])
    assert ran(host, "d-2") == {"ApplicationStop": "Y"}


def test_a_blue_green_rollback_blocks_with_the_most_recent_and_allows_with_the_last_successful(host: Host) -> None:
    deploy(host, "d-1", "X")
    deploy(host, "d-2", "Y", ["DownloadBundle"])
    deploy(host, "d-3", "Z", [*BLOCK, *ALLOW], **ROLLBACK)
    assert ran(host, "d-3") == dict.fromkeys(BLOCK, "Y") | dict.fromkeys(ALLOW, "X")


def test_groups_do_not_see_each_other(host: Host) -> None:
    deploy(host, "d-1", "X")
    assert failure(deploy(host, "d-2", "Y", ["ApplicationStop"], DeploymentGroupId="dg-2")) == ""
    assert not (host.root / "dg-2/d-2/logs").exists()


def test_an_old_archive_that_is_gone_is_an_error(host: Host) -> None:
    deploy(host, "d-1", "X")
    shutil.rmtree(host.root / "dg-1/d-1")
    assert "did not find an AppSpec file" in failure(deploy(host, "d-2", "Y", ["ApplicationStop"]))


@pytest.mark.parametrize(("keep", "kept"), [(5, "d-3 d-4 d-5 d-6 d-7"), (2, "d-6 d-7"), (1, "d-6 d-7")])
def test_retention(host: Host, keep: int, kept: str) -> None:
    """The last successful revision is never removed, so keeping one leaves two."""
    host.max_revisions = keep
    for number in range(1, 8):
        deploy(host, f"d-{number}", "X", ["DownloadBundle", "Install"])
        os.utime(host.root / f"dg-1/d-{number}", (number, number))
    assert sorted(path.name for path in (host.root / "dg-1").iterdir()) == kept.split()


def test_what_the_service_answers_decides(host: Host) -> None:
    deploy(host, "d-1", "X", ["DownloadBundle"])
    spec = spec_of(host.path / "X")
    for reply in ("Succeeded", "Failed"):
        said = host.deploy(spec, ["BeforeInstall"], reply)
        assert (said.acks, said.reports) == ([("BeforeInstall", False)], [])
    assert host.scripts_log() == []
    said = host.deploy(spec | {"DeploymentId": "d-9"}, ["ApplicationStop"], "Failed")
    assert [(event, report.status, report.message) for event, report in said.reports] == [
        ("ApplicationStop", "Succeeded", "Succeeded: CompletedNoopCommand"),
    ]
    assert host.deploy(spec | {"DeploymentId": "d-9"}, ["ApplicationStop"], "Succeeded").reports == []
    assert [event for event, _ in host.deploy(spec, ["AfterInstall"], "Pending").reports] == ["AfterInstall"]


def test_an_unknown_command_is_acknowledged_as_nothing_and_fails(host: Host) -> None:
    said = deploy(host, "d-1", "X", ["BlockTraffic"])
    assert said.acks == [("BlockTraffic", True)]
    assert failure(said) == "Unsupported command type: BlockTraffic."


def test_nothing_is_in_progress_afterwards(host: Host) -> None:
    deploy(host, "d-1", "X", EVENTS)
    assert list((host.root / "ongoing-deployment").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"DeploymentId": ""}, "Deployment Spec has no DeploymentId"),
        ({"ApplicationName": None}, "Deployment Spec has no ApplicationName"),
        ({"DeploymentGroupId": "../up"}, "cannot name a directory"),
        ({"DeploymentId": "arn:x"}, "cannot name a directory"),
        ({"Revision": None}, "Must specify a revison"),
        ({"Revision": {"RevisionType": "FTP"}}, "Exactly one of S3Revision, GitHubRevision, or LocalRevision"),
        (
            {"Revision": {"RevisionType": "S3", "S3Revision": {"Bucket": "b"}}},
            "must specify Bucket, Key and BundleType",
        ),
        (
            {"Revision": {"RevisionType": "S3", "S3Revision": {"Bucket": "b", "Key": "k", "BundleType": "rar"}}},
            "BundleType in S3Revision must be tar, tgz or zip",
        ),
        (
            {"Revision": {"RevisionType": "GitHub", "GitHubRevision": {}}},
            "must specify Account, Repository and CommitId",
        ),
    ],
)
def test_a_specification_that_lacks_something(host: Host, change: dict[str, Any], said: str) -> None:
    bundle = host.revision({"appspec.yml": HEAD})
    told = host.deploy(spec_of(bundle) | change, ["DownloadBundle"])
    assert said in failure(told)
    assert told.acks == []
