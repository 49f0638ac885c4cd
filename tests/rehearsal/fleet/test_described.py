"""The API's rows, as the cloud gives them, and what the fleet makes of them; what fails is tried again, not lost."""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import Failure
from rehearsal.fleet import parts
from rehearsal.fleet.controller import AGAIN, CLOUD, Controller
from rehearsal.fleet.described import groups_of, members_of, outward
from rehearsal.fleet.sg import Rule
from rehearsal.reconcile import Action, Running, Snapshot, Wanted
from tests.rehearsal.fleet.test_reconcile import instance, snapshot


def test_rules_by_group() -> None:
    rows = [
        {"GroupId": "sg-1", "IsEgress": True, "IpProtocol": "-1", "FromPort": -1, "ToPort": -1,
         "CidrIpv4": "0.0.0.0/0"},
        {"GroupId": "sg-1", "IsEgress": False, "IpProtocol": "tcp", "FromPort": 80, "ToPort": 81,
         "ReferencedGroupInfo": {"GroupId": "sg-2"}},
        {"GroupId": "sg-3", "IsEgress": True, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
         "PrefixListId": "pl-1"},
    ]
    assert groups_of(rows, {"pl-1": ("203.0.113.10/32",)}) == {
        "sg-1": {Rule(False, cidr="0.0.0.0/0"), Rule(True, "tcp", (80, 81), group="sg-2")},
        "sg-3": {Rule(False, "tcp", (443, 443), prefixes=("203.0.113.10/32",))}}


def test_members_are_what_runs_and_what_has_an_interface_of_its_own() -> None:
    def interface(ip: str, instance: str | None) -> dict[str, object]:
        return {"PrivateIpAddress": ip, "Groups": [{"GroupId": "sg-1"}],
                "Attachment": {"InstanceId": instance} if instance else {}}
    rows = [interface("10.0.0.1", "i-alive"), interface("10.0.0.2", "i-dead"), interface("10.0.0.3", None)]
    assert members_of(rows, {"i-alive"}) == {"sg-1": {"10.0.0.1", "10.0.0.3"}}


def test_a_subnet_leads_out_by_its_own_table_or_by_the_main_one() -> None:
    out = [{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"}]
    main = {"VpcId": "vpc-1", "Associations": [{"Main": True}], "Routes": out}
    isolated = {"VpcId": "vpc-1", "Associations": [{"SubnetId": "subnet-db"}], "Routes": []}
    assert outward("subnet-a", "vpc-1", [main, isolated])
    assert not outward("subnet-db", "vpc-1", [main, isolated])
    assert not outward("subnet-a", "vpc-2", [main, isolated])
    assert not outward("subnet-a", "vpc-1", [{**main, "Routes": [{**out[0], "State": "blackhole"}]}])


def test_parts_are_read_as_they_were_written_and_half_written_ones_later(tmp_path: Path) -> None:
    part = parts.Part("vpc-1", ("10.0.0.10",), {"sg-alb": ("10.0.0.10",)}, {"db": "10.0.0.9"})
    parts.write(tmp_path, "balancer", part)
    (tmp_path / "parts" / "broken.json").write_text('{"vpc": ')
    assert parts.read(tmp_path) == [part]
    assert parts.joined({"sg-alb": frozenset({"10.0.0.1"})}, [part]) == {"sg-alb": {"10.0.0.1", "10.0.0.10"}}
    parts.remove(tmp_path, "balancer")
    assert parts.read(tmp_path) == []


class SlowCloud:
    """A cloud that answers when it is told to."""

    answers = True

    def version(self) -> str:
        if not self.answers:
            raise ConnectionRefusedError("nobody listens")
        return "1"

    def snapshot(self) -> Snapshot:
        return snapshot(instance(1))


class Clumsy:
    """A machine whose boots fail as often as it is told to."""

    def __init__(self, state: Path, failures: int) -> None:
        self.state, self.failures = state, failures
        self.vpcs: dict[str, object] = {"vpc-1": None}
        self.trouble: dict[str, str] = {}
        self.now = Running(vpcs=frozenset({"vpc-1"}))
        self.done: list[Action] = []

    def running(self) -> Running:
        return self.now

    def do(self, action: Action) -> None:
        if self.failures:
            self.failures -= 1
            raise Failure("box i-1 did not boot", why="no space", next="free some")
        self.done.append(action)

    def know(self, want: Wanted) -> None: ...
    def settle(self, found: list[parts.Part]) -> None: ...
    def write_down(self) -> None: ...


def test_what_fails_is_said_once_waits_and_is_tried_again(tmp_path: Path) -> None:
    said, now = list[str](), [100.0]
    machine, cloud = Clumsy(tmp_path, failures=1), SlowCloud()
    controller = Controller(cloud, machine, said.append, lambda: now[0])  # type: ignore[arg-type]
    controller.step()
    controller.step()
    assert said == ["i-1: box i-1 did not boot: no space; next: free some"]
    assert "no space" in machine.trouble["i-1"]
    cloud.answers = False               # what it last said still stands
    now[0] += AGAIN
    controller.step()
    assert len(machine.done) == 1
    assert machine.trouble == {CLOUD: "nobody listens"}
    cloud.answers = True
    controller.step()
    assert machine.trouble == {}
