"""The service, the real host agent and a real bundle from S3 (moto): nothing simulated but the machine's name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .lab import events
from .site import Site, a_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with a_site(tmp_path) as made:
        yield made


def test_a_release_is_installed_a_bad_one_is_rolled_back(site: Site) -> None:
    good = site.deploy(site.upload("one.zip", "echo done"))
    assert site.wait(good)["status"] == "Succeeded"
    page = site.home / "www" / "page.html"
    assert page.read_text() == "one.zip"
    rollback = {"enabled": True, "events": ["DEPLOYMENT_FAILURE"]}
    bad = site.deploy(site.upload("two.zip", "echo the cause >&2; exit 3"), autoRollbackConfiguration=rollback)
    failed = site.wait(bad)
    assert failed["status"] == "Failed"
    said = events(site.process.api(), bad, "rack-1")["AfterInstall"]["diagnostics"]
    assert (said["errorCode"], said["scriptName"]) == ("ScriptFailed", "hook.sh")
    assert "[stderr]the cause" in said["logTail"]
    assert said["message"].endswith("failed with exit code 3")
    back = site.wait(failed["rollbackInfo"]["rollbackDeploymentId"])
    assert back["status"] == "Succeeded"
    assert page.read_text() == "one.zip"


def test_an_agent_killed_in_a_hook_reports_code_7_when_it_is_back(site: Site) -> None:
    started = site.home / "started"
    done = site.deploy(site.upload("slow.zip", f"touch {started}; sleep 20"))
    while not started.exists():
        time.sleep(0.02)
    site.kill_agent()
    site.start_agent()
    assert site.wait(done)["status"] == "Failed"
    said = events(site.process.api(), done, "rack-1")["AfterInstall"]["diagnostics"]
    assert said["errorCode"] == "UnknownError"
    assert "restart" in said["message"].lower()


def test_an_agent_that_stays_dead_is_named(site: Site) -> None:
    started = site.home / "started"
    done = site.deploy(site.upload("slow.zip", f"touch {started}; sleep 20"))
    while not started.exists():
        time.sleep(0.02)
    site.kill_agent()
    shown = site.wait(done)
    assert "The CodeDeploy agent on rack-1 is not answering" in shown["deploymentStatusMessages"][0]


def test_a_missing_bundle_fails_in_the_event_that_needs_it(site: Site) -> None:
    where = site.upload("one.zip", "echo done")
    where["s3Location"]["key"] = "nobody.zip"
    done = site.deploy(where)
    assert site.wait(done)["status"] == "Failed"
    shown = events(site.process.api(), done, "rack-1")
    assert shown["DownloadBundle"]["status"] == "Failed"
    assert shown["BeforeInstall"]["status"] == "Skipped"


def test_the_service_is_killed_while_a_hook_runs(site: Site) -> None:
    count = site.home / "count"
    done = site.deploy(site.upload("slow.zip", f"echo run >> {count}; sleep 1"))
    while not count.exists():
        time.sleep(0.02)
    site.process.kill()
    time.sleep(0.3)
    site.process.start()
    assert site.wait(done)["status"] == "Succeeded"
    assert count.read_text() == "run\n"
