"""The one job: which branches it builds, whose code it never runs, how it finds what a lost webhook would have told."""

from __future__ import annotations

import re

from tests.jenkins import JENKINS, merged

(JOB,) = merged()["jobs"]
SCRIPT = re.sub(r"//.*", "", JOB["script"].replace("https://", "https:"))


def test_there_is_one_multibranch_job_with_a_constant_id() -> None:
    assert re.findall(r"(\w+Job|job|folder)\('([^']+)'\)", SCRIPT) == [("multibranchPipelineJob", "coko")]
    assert re.findall(r"\bid\('([^']*)'\)", SCRIPT) == ["coko"]


def test_three_branches_and_no_more() -> None:
    (included,) = re.findall(r"includes\('([^']*)'\)", SCRIPT)
    assert set(included.split()) == {"main", "frontend", "backend"}


def test_nobody_elses_code_runs() -> None:
    assert not re.search(r"PullRequest|ForkPull|TagDiscovery", SCRIPT, re.IGNORECASE)


def test_it_reconciles_by_itself() -> None:
    (minutes,) = re.findall(r"periodicFolderTrigger \{ interval\('(\d+)m'\) \}", SCRIPT)
    assert int(minutes) <= 30


def test_it_runs_the_jenkinsfile_of_the_repository() -> None:
    assert re.findall(r"scriptPath\('([^']*)'\)", SCRIPT) == ["Jenkinsfile"]


def test_old_branches_go() -> None:
    assert "discardOldItems" in SCRIPT


def test_nothing_doubles_the_builds() -> None:
    """githubPush() beside a multibranch job builds every push twice."""
    files = [*JENKINS.rglob("*"), JENKINS.parent / "Jenkinsfile"]
    assert [path.name for path in files if path.is_file() and "githubPush" in path.read_text()] == []


def test_braces_balance() -> None:
    assert SCRIPT.count("{") - SCRIPT.count("${") == SCRIPT.count("}") - len(re.findall(r"\$\{[^}]*\}", SCRIPT))
