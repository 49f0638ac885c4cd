"""Real deployments: the cloud's API, the CodeDeploy service, the host agent, hooks that run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pipelines import colours, deploy, deployments, history, package, publish, releases, rollback, status
from pipelines.deployments import Deployment, Note
from pipelines.publish import Published
from pipelines.snapshot import Event, Snapshot, take
from pipelines.stack import Tier
from pipelines.watch import Outcome, watch
from tests.pipelines.site import BUCKET, ROOT, STACK, Site, client, environment, names_in
from tests.scripts.host import Host, a_host

FAILS = "printf 'FAILED: the site is refused\\n  why:  duplicate location\\n  next: mend it\\n' >&2; exit 70"


def ship(site: Site, tier: str, published: Published, note: Note | None = None) -> Outcome:
    started = deploy.deploy(site.door, site.tier(tier), published.release, note or Note(by="tests"))
    return watch(site.door, site.tier(tier), started.deployment.id, pause=0.1)


def coko(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cli", *words], cwd=ROOT, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, env=dict(os.environ), timeout=60)


def test_in_place_from_the_first_release_to_the_way_back(site: Site) -> None:
    """One story, as the on-call engineer would live it."""
    web = site.tier("web")
    one, two = site.release("web", "true", "one"), site.release("web", "exit 0", "two")
    assert ship(site, "web", one).exit_code == 0
    assert ship(site, "web", two, Note(by="kim", commit="c0ffee")).exit_code == 0
    assert site.runs("web-blue") == ["two", "two"]

    bad = site.release("web", FAILS, "three")
    seen: list[Event] = []
    started = deploy.deploy(site.door, web, bad.release, Note(by="kim"))
    outcome = watch(site.door, web, started.deployment.id, pause=0.1, tell=lambda shot, events: seen.extend(events))
    assert outcome.exit_code == 1
    assert outcome.failed is not None
    assert (outcome.failed.cause, outcome.failed.next) == ("the site is refused: duplicate location", "mend it")
    assert (outcome.failed.step, outcome.failed.script, outcome.failed.exit_code) == ("AfterInstall", "hook.sh", 70)
    assert outcome.rollback is not None
    assert outcome.rollback.status == "Succeeded"
    assert outcome.rollback.digest == two.release.digest
    assert site.runs("web-blue") == ["two", "two"]
    assert len({(e.deployment, e.instance, e.step, e.status) for e in seen}) == len(seen), "an event was told twice"

    watched = coko("watch", "web", "--json")
    assert watched.returncode == 1, "the last thing asked for failed, though its rollback succeeded"
    assert json.loads(watched.stdout.splitlines()[-1])["outcome"]["failed"]["exit_code"] == 70

    back = coko("rollback", "web", "--yes", "--by", "on-call", "--json")
    assert back.returncode == 0, back.stderr
    assert site.runs("web-blue") == ["one", "one"]
    told = history.history(site.door, web)
    assert told.deployments[0].note.leaving == two.release.digest
    assert told.dora.failure_percent == 100 * 2 / 3
    now = status.status(site.door, web)
    assert now.live == one.release.digest
    assert [host.digest for host in now.hosts] == [one.release.digest] * 2
    assert [*now.findings] == []


def test_what_is_published_is_found_again_and_not_sent_twice(site: Site) -> None:
    first, again = site.release("web", "true # published", "p"), site.release("web", "true # published", "p")
    assert (first.uploaded, again.uploaded) == (True, False)
    assert first.release == again.release
    tier = site.tier("web")
    assert releases.find(site.door, tier, first.release.short) == first.release
    held = client("s3").get_object(Bucket=BUCKET, Key=first.release.key, VersionId=first.release.version)
    assert {"appspec.yml", "hook.sh", "manifest.json", "release/release.json"} == set(names_in(held["Body"].read()))


def test_an_object_that_somebody_changed_is_replaced(site: Site) -> None:
    first = site.release("web", "true # tampered", "p")
    client("s3").put_object(Bucket=BUCKET, Key=first.release.key, Body=b"something else")
    again = site.release("web", "true # tampered", "p")
    assert again.uploaded
    assert again.release.version != first.release.version


def test_blue_green_swaps_and_swaps_back_and_leaves_no_trace_of_a_failure(site: Site) -> None:
    was = site.tier("was")
    for number, (live, idle) in enumerate([("was-green", "was-blue"), ("was-blue", "was-green")]):
        outcome = ship(site, "was", site.release("was", f"exit 0 # {number}", f"r{number}"))
        assert outcome.exit_code == 0, outcome.failed
        assert site.runs(live) == [f"r{number}"]
        assert_swapped(site, live, idle)
    outcome = ship(site, "was", site.release("was", FAILS, "bad"))
    assert outcome.exit_code == 1
    assert_swapped(site, "was-blue", "was-green")
    assert site.runs("was-blue") == ["r1"]
    assert status.status(site.door, was).findings == []


def assert_swapped(site: Site, live: str, idle: str) -> None:
    by_name = {each.name: each for each in colours.look(site.door, site.tier("was"))}
    assert (by_name[live].registered, by_name[live].desired, by_name[live].minimum) == (1, 1, 1)
    assert (by_name[idle].registered, by_name[idle].desired, by_name[idle].minimum) == (0, 0, 0)
    assert not by_name[live].suspended
    assert not by_name[idle].suspended
    group = deployments.group_info(site.door, site.tier("was"))
    assert [each["name"] for each in group["autoScalingGroups"]] == [live]
    assert colours.settle(site.door, site.tier("was")) == []


def test_sigterm_stops_the_deployment_and_says_so(site: Site) -> None:
    web = site.tier("web")
    assert ship(site, "web", site.release("web", "true # before", "before")).exit_code == 0
    go = site.home / "go"
    slow = site.release("web", f"for _ in {{1..200}}; do [[ -e {go} ]] && break; sleep 0.1; done", "slow")
    other = site.release("web", "true # other", "other")
    started = deploy.deploy(site.door, web, slow.release, Note(by="jenkins 7", token="b7")).deployment
    watching = subprocess.Popen([sys.executable, "-m", "cli", "watch", "web"], cwd=ROOT, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    await_step(site, started)
    refused = coko("deploy", "web", other.release.short)
    assert refused.returncode == 3
    assert "jenkins 7" in refused.stderr
    assert deploy.deploy(site.door, web, slow.release, Note(token="b7")).joined
    watching.send_signal(signal.SIGTERM)
    said = watching.communicate(timeout=30)[1]
    assert watching.returncode == 130, said
    assert f"interrupted: stopping {started.id}" in said
    go.touch()
    outcome = watch(site.door, web, started.id, pause=0.1)
    assert outcome.deployment.status == "Stopped"
    assert outcome.rollback is not None
    assert outcome.rollback.status == "Succeeded"
    assert site.runs("web-blue") == ["before", "before"]
    assert deploy.deploy(site.door, web, slow.release, Note(token="b7")).joined, "the same build asks once"


def await_step(site: Site, started: Deployment) -> None:
    """Until a hook runs on some instance."""
    deadline = time.monotonic() + 30
    shot: Snapshot | None = None
    while time.monotonic() < deadline:
        shot = take(site.door, started.id)
        if any(each.current and each.current.name == "AfterInstall" for each in shot.instances):
            return
        time.sleep(0.05)
    raise AssertionError(str(shot))


def test_the_real_hooks_install_the_real_web_tier(site: Site, tmp_path: Path) -> None:
    """Nothing made for the test but the host around them: this checkout's bundle, hooks, nginx, and the agent."""
    with a_rack(site, tmp_path) as (tier, host):
        bundle = package.package("web", out=tmp_path / "bundles")
        release = publish.publish(site.door, tier, bundle, by="tests").release
        started = deploy.deploy(site.door, tier, release, Note())
        outcome = watch(site.door, tier, started.deployment.id, pause=0.1)
        assert outcome.failed is None, outcome.failed
        with urllib.request.urlopen(f"http://127.0.0.1:{host.port}/version/web", timeout=5) as answer:
            assert json.loads(answer.read())["digest"] == release.digest
        assert host.current == f"releases/{release.short}-{started.deployment.id}"
        again = deploy.deploy(site.door, tier, release, Note())
        assert watch(site.door, tier, again.deployment.id, pause=0.1).exit_code == 0
        assert host.current == f"releases/{release.short}-{again.deployment.id}"


@contextmanager
def a_rack(site: Site, home: Path) -> Iterator[tuple[Tier, Host]]:
    """A host of its own, known to CodeDeploy by a tag, with the agent inside."""
    api = client("codedeploy")
    api.register_on_premises_instance(instanceName="rack-1", iamUserArn="arn:aws:iam::123456789012:user/rack-1")
    api.add_tags_to_on_premises_instances(tags=[{"Key": "tier", "Value": "rack"}], instanceNames=["rack-1"])
    api.create_deployment_group(
        applicationName="small", deploymentGroupName="rack", serviceRoleArn="arn:aws:iam::123456789012:role/deploy",
        onPremisesInstanceTagFilters=[{"Key": "tier", "Value": "rack", "Type": "KEY_AND_VALUE"}],
        deploymentConfigName="CodeDeployDefault.AllAtOnce")
    web = site.tier("web")
    tier = replace(web, target=replace(web.target, deployment_group="rack"))
    with a_host(home / "rack-1", "web", {**environment(site.endpoint), "COKO_STACK": STACK}) as host:
        words = ["run", "--root", "/opt/agent", "--endpoint", site.endpoint, "--instance-id", "rack-1",
                 "--poll-interval", "0.2", "--heartbeat", "0.5"]
        agent = subprocess.Popen(host.enter(sys.executable, "-m", "rehearsal.agent", *words), cwd=ROOT,
                                 env=host.variables(), stderr=subprocess.DEVNULL)
        try:
            yield tier, host
        finally:
            agent.kill()
            agent.wait(timeout=10)


def test_going_back_needs_somewhere_to_go(site: Site) -> None:
    web = site.tier("web")
    choice = rollback.choose(site.door, web)
    assert choice.release.digest != choice.leaving
    refused = coko("rollback", "web")
    assert refused.returncode == 3
    assert "nothing was changed" in refused.stderr
