"""The daemon's promises towards the service: each command once, each report until it is taken, sixteen at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from rehearsal.agent.conversation import Command
from rehearsal.agent.diagnostics import Code
from rehearsal.agent.poller import PARALLEL, Poller, next_pause
from rehearsal.agent.service import HostService
from rehearsal.agent.wire import Wire
from tests.rehearsal.agent.fake_service import FakeService, serving
from tests.rehearsal.agent.host import EVENTS, HEAD, Host, bash, hooks, spec_of


@pytest.fixture
def cloud() -> Iterator[FakeService]:
    with serving() as service:
        yield service


@contextmanager
def polling(host: Host, cloud: FakeService, gone: Callable[[float], bool] = lambda _: False) -> Iterator[Poller]:
    """An agent that polls; it waits for nothing between repetitions, and ends with the test."""
    poller = Poller(HostService(Wire(cloud.endpoint), "i-1", gone), host.executor, 0.01)
    thread = threading.Thread(target=poller.run, daemon=True)
    thread.start()
    try:
        yield poller
    finally:
        poller.stopping.set()
        poller.woken.set()
        thread.join()


def revision(host: Host, script: str, event: str = "AfterInstall", name: str = "bundle") -> dict[str, object]:
    contents = {"appspec.yml": HEAD + hooks(event, "s.sh", timeout=60), "s.sh": bash(script)}
    return spec_of(host.revision(contents, name))


def downloaded(host: Host, spec: dict[str, object]) -> dict[str, object]:
    assert host.deploy(spec, ["DownloadBundle"]).reports[-1][1].status == "Succeeded"
    return spec


def test_a_deployment_from_end_to_end(host: Host, cloud: FakeService) -> None:
    spec = revision(host, "echo hello")
    with polling(host, cloud):
        for number, event in enumerate(EVENTS, 1):
            cloud.order(event, spec, event)
            cloud.await_calls("PutHostCommandComplete", number)
    reports = cloud.reports(len(EVENTS))
    assert {event: status for event, (status, _) in reports.items()} == dict.fromkeys(EVENTS, "Succeeded")
    assert host.said() == ["hello"]
    acks = [body["Diagnostics"] for body in cloud.told("PutHostCommandAcknowledgement")]
    assert acks[0] == {"Format": "JSON", "Payload": '{"IsCommandNoop": true}'}


def test_a_report_is_repeated_until_it_is_taken(host: Host, cloud: FakeService) -> None:
    slept: list[float] = []
    cloud.trouble["PutHostCommandComplete"] = [503, 500, 503]
    cloud.order("AfterInstall", downloaded(host, revision(host, "echo once")), "c-1")
    with polling(host, cloud, lambda pause: slept.append(pause) or False):  # type: ignore[func-returns-value]
        cloud.await_calls("PutHostCommandComplete", 4)
    assert (host.said(), slept) == (["once"], [0.1, 0.2, 0.4])


def test_what_is_refused_is_not_executed(host: Host, cloud: FakeService) -> None:
    spec = downloaded(host, revision(host, "echo no"))
    cloud.trouble["PutHostCommandAcknowledgement"] = [400]
    cloud.order("AfterInstall", spec, "c-1")
    with polling(host, cloud):
        cloud.await_calls("PutHostCommandAcknowledgement")
        cloud.order("ApplicationStart", spec, "c-2")
        assert list(cloud.reports()) == ["c-2"]
    assert host.said() == []


def test_a_service_that_stays_away_is_not_waited_for_with_a_command_in_hand(host: Host, cloud: FakeService) -> None:
    """It hands the command out again; the agent asks for a minute, by its own count of pauses."""
    slept: list[float] = []
    cloud.trouble["PutHostCommandAcknowledgement"] = [503] * 1000
    cloud.order("AfterInstall", downloaded(host, revision(host, "echo no")), "c-1")
    with polling(host, cloud, lambda pause: slept.append(pause) or False) as poller:  # type: ignore[func-returns-value]
        cloud.await_calls("PutHostCommandAcknowledgement", 10)
        while poller.in_progress():
            time.sleep(0.01)
    assert 60 <= sum(slept) <= 66
    assert host.said() == []


def test_a_command_that_comes_twice_runs_once(host: Host, cloud: FakeService) -> None:
    spec = downloaded(host, revision(host, "echo run; while [ ! -e @here/go ]; do sleep 0.02; done"))
    cloud.order("AfterInstall", spec, "c-1")
    with polling(host, cloud) as poller:
        cloud.await_calls("PutHostCommandAcknowledgement")
        cloud.order("AfterInstall", spec, "c-1")
        while cloud.waiting:
            time.sleep(0.01)
        host.write("go", "")
        cloud.reports(1)
        while poller.in_progress():
            time.sleep(0.01)
        cloud.order("AfterInstall", spec, "c-1")
        first, second = cloud.await_calls("PutHostCommandComplete", 2)
    assert (host.said(), first) == (["run"], second)


def test_sixteen_at_a_time(host: Host, cloud: FakeService) -> None:
    """Twenty deployments that each wait for a word: sixteen run, the others after them."""
    base = revision(host, "touch @here/on-$DEPLOYMENT_ID; while [ ! -e @here/go ]; do sleep 0.05; done")
    for number in range(20):
        spec = downloaded(host, base | {"DeploymentId": f"d-{number}", "DeploymentGroupId": f"dg-{number}"})
        cloud.order("AfterInstall", spec, f"c-{number}")
    with polling(host, cloud) as poller:
        while len(list(host.path.glob("on-*"))) < PARALLEL:
            time.sleep(0.01)
        assert (len(poller.in_progress()), len(cloud.waiting)) == (PARALLEL, 4)
        host.write("go", "")
        reports = cloud.reports(20)
    assert {status for status, _ in reports.values()} == {"Succeeded"}


def test_a_former_life_is_reported_before_anything_new(host: Host, cloud: FakeService) -> None:
    host.write("agent/ongoing-deployment/d-1", "c-1")
    host.write("agent/ongoing-deployment/d-2", "c-2")
    with polling(host, cloud):
        reports = cloud.reports(2)
        cloud.await_calls("PollHostCommand")
    assert [operation for operation, _ in cloud.calls[:3]] == ["PutHostCommandComplete"] * 2 + ["PollHostCommand"]
    assert {(status, said["error_code"]) for status, said in reports.values()} == {
        ("Failed", Code.FAILED_AFTER_RESTART)
    }
    assert reports["c-1"][1]["message"] == "Failed: Failing in-progress lifecycle event after an agent restart."
    assert not (host.root / "ongoing-deployment").exists()


def test_polling_goes_on_when_the_service_is_away(host: Host, cloud: FakeService) -> None:
    cloud.trouble["PollHostCommand"] = [503]
    cloud.order("ApplicationStart", downloaded(host, revision(host, "true")), "c-1")
    with polling(host, cloud):
        assert cloud.reports()["c-1"][0] == "Succeeded"


def test_an_answer_without_sense_does_not_end_the_polling(host: Host, cloud: FakeService) -> None:
    cloud.waiting.append({"CommandName": "Install"})
    cloud.waiting.append({"HostCommandIdentifier": "c-0"})
    cloud.order("ApplicationStart", downloaded(host, revision(host, "true")), "c-1")
    with polling(host, cloud):
        assert list(cloud.reports()) == ["c-1"]


def test_heartbeats_name_what_is_at_work(host: Host, cloud: FakeService) -> None:
    poller = Poller(HostService(Wire(cloud.endpoint), "i-1", lambda _: False), host.executor, 0.01)
    poller.running["c-7"] = Command("c-7", "AfterInstall")
    poller.stopping.set()
    poller.beat(0.0)
    assert cloud.told("PostHostHeartbeat")[0] | {"AgentVersion": "x"} == {
        "HostIdentifier": "i-1",
        "AgentVersion": "x",
        "InProgress": ["c-7"],
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"DeploymentSystem": "Other"}, "Deployment System mismatch: CodeDeploy != Other"),
        ({"DeploymentSpecification": None}, "Deployment Specification missing"),
        (
            {"DeploymentSpecification": {"GenericEnvelope": {"Format": "X"}}},
            "Unsupported DeploymentSpecification format: X",
        ),
        ({"DeploymentSpecification": {"GenericEnvelope": {"Format": "TEXT/JSON", "Payload": "{"}}}, "is not JSON"),
        ({"DeploymentSpecification": {"GenericEnvelope": {"Format": "TEXT/JSON"}}}, "Provided deployment spec was nil"),
    ],
)
def test_a_specification_that_cannot_be_read_fails_the_command(
    host: Host, cloud: FakeService, change: dict[str, object], said: str
) -> None:
    class Odd(FakeService):
        def _reply(self, operation: str, body: dict[str, object]) -> dict[str, object]:
            reply = super()._reply(operation, body)
            return reply | change if operation == "GetDeploymentSpecification" else reply

    cloud.__class__ = Odd
    cloud.order("AfterInstall", {}, "c-1")
    with polling(host, cloud):
        assert said in cloud.reports()["c-1"][1]["message"]
    assert cloud.told("PutHostCommandAcknowledgement") == []


def test_pauses_grow_to_the_interval() -> None:
    pauses = [0.0]
    while len(pauses) < 9:
        pauses.append(next_pause(pauses[-1], 1.0))
    assert pauses == [0.0, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0]


def test_requests_can_be_signed(cloud: FakeService, host: Host) -> None:
    from rehearsal.agent.signing import Credentials

    wire = replace(Wire(cloud.endpoint), credentials=Credentials("AKID", "s", None, "r"))
    assert wire.call("PollHostCommand", {"HostIdentifier": "i-1"}) == {"HostCommand": None}
