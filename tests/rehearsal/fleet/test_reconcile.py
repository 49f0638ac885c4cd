"""From any state of the API and of the machine, the actions lead to agreement, and then there are none left."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal import reconcile as plan
from rehearsal.fleet.box import KILLED, POWEROFF, REBOOT
from rehearsal.fleet.metadata import Identity
from rehearsal.fleet.sg import Rule
from rehearsal.fleet.vpc import Address
from rehearsal.reconcile import Instance, Running, Snapshot, reconcile, wanted

GROUPS = {"sg-web": frozenset({Rule(True, "tcp", (80, 80), group="sg-alb")})}
STATES = ("pending", "running", "stopping", "stopped", "shutting-down", "terminated")


def instance(number: int, state: str = "running", fleet: str = "web-blue", vpc: str = "vpc-1") -> Instance:
    ip = f"10.0.64.{number}"
    identity = Identity(f"i-{number}", ip, "mac", "t3.micro", "ap-northeast-2a", "ami-1", vpc=vpc)
    return Instance(identity, state, Address(ip, "10.0.64.0/20"), ("sg-web",), fleet)


def snapshot(*instances: Instance, members: frozenset[str] = frozenset({"10.0.0.10"})) -> Snapshot:
    vpcs = {"vpc-1": "10.0.0.0/16", "vpc-2": "10.1.0.0/16"}
    return Snapshot(vpcs, instances, GROUPS, {"sg-alb": members})


def done(now: Running, actions: list[plan.Action]) -> Running:
    """What would run after the actions."""
    for action in actions:
        now = _done(now, action)
    return now


def _done(now: Running, action: plan.Action) -> Running:
    match action:
        case plan.MakeVpc(name, _):
            return replace(now, vpcs=now.vpcs | {name})
        case plan.DropVpc(name):
            return replace(now, vpcs=now.vpcs - {name})
        case plan.Boot(one, firewall):
            name = one.identity.id
            assert one.identity.vpc in now.vpcs, "a box boots into a VPC that is not there"
            return replace(_without(now, name), boxes=now.boxes | {name}, disks=now.disks | {name},
                           firewalls={**now.firewalls, name: firewall})
        case plan.Stop(name):
            return replace(_without(now, name), disks=now.disks)
        case plan.Remove(name):
            return _without(now, name)
        case plan.Protect(name, firewall) | plan.Admit(name, firewall, _):
            return replace(now, firewalls={**now.firewalls, name: firewall})
        case plan.Report(name, _):
            return replace(now, told=now.told | {name})


def _without(now: Running, name: str) -> Running:
    return replace(now, boxes=now.boxes - {name}, told=now.told - {name}, disks=now.disks - {name},
                   ended={k: v for k, v in now.ended.items() if k != name},
                   firewalls={k: v for k, v in now.firewalls.items() if k != name})


def test_from_nothing_to_two_boxes_and_back() -> None:
    want = wanted(snapshot(instance(1), instance(2)))
    actions = reconcile(want, Running())
    assert [type(action).__name__ for action in actions] == ["MakeVpc", "Boot", "Boot"]
    now = done(Running(), actions)
    assert reconcile(want, now) == []
    assert [type(action) for action in reconcile(wanted(snapshot()), now)] == [plan.Remove, plan.Remove, plan.DropVpc]


def test_instances_of_no_fleet_are_recorded_and_not_run() -> None:
    assert reconcile(wanted(snapshot(instance(1, fleet=""))), Running()) == []


def test_a_stopped_instance_keeps_its_disk_and_boots_again() -> None:
    now = done(Running(), reconcile(wanted(snapshot(instance(1))), Running()))
    stopped = wanted(snapshot(instance(1, "stopping")))
    actions = reconcile(stopped, now)
    assert actions[0] == plan.Stop("i-1")
    now = done(now, actions)
    assert not now.boxes
    assert now.disks == {"i-1"}
    assert reconcile(stopped, now) == []
    again = reconcile(wanted(snapshot(instance(1))), now)
    assert [type(action) for action in again] == [plan.MakeVpc, plan.Boot]


def test_a_box_that_ended_is_told_once_and_not_booted_again() -> None:
    want = wanted(snapshot(instance(1)))
    now = done(Running(), reconcile(want, Running()))
    for code in (KILLED, POWEROFF):
        dead = replace(now, boxes=frozenset(), ended={"i-1": code})
        assert reconcile(want, dead) == [plan.Report("i-1", code)]
        assert reconcile(want, done(dead, reconcile(want, dead))) == []
    rebooted = replace(now, boxes=frozenset(), ended={"i-1": REBOOT})
    assert [type(action) for action in reconcile(want, rebooted)] == [plan.Boot]


def test_when_a_vpc_fell_it_is_made_again_with_its_boxes() -> None:
    want = wanted(snapshot(instance(1)))
    now = replace(done(Running(), reconcile(want, Running())), vpcs=frozenset(), boxes=frozenset())
    assert [type(action) for action in reconcile(want, now)] == [plan.MakeVpc, plan.Boot]


def test_members_change_sets_and_rules_change_tables() -> None:
    now = done(Running(), reconcile(wanted(snapshot(instance(1))), Running()))
    moved = wanted(snapshot(instance(1), members=frozenset({"10.0.0.11"})))
    (action,) = reconcile(moved, now)
    assert isinstance(action, plan.Admit)
    assert "10.0.0.11" in action.changes
    other = replace(snapshot(instance(1)), groups={"sg-web": frozenset({Rule(True, "tcp", (81, 81), group="sg-alb")})})
    (action,) = reconcile(wanted(other), now)
    assert isinstance(action, plan.Protect)


INSTANCES = st.lists(st.builds(
    instance, st.integers(1, 5), st.sampled_from(STATES), st.sampled_from(["web-blue", ""]),
    st.sampled_from(["vpc-1", "vpc-2"])), max_size=5, unique_by=lambda one: one.identity.id)
DEATHS = st.dictionaries(st.integers(1, 5).map("i-{}".format), st.sampled_from([KILLED, POWEROFF, REBOOT]), max_size=3)


@settings(max_examples=200, deadline=None)
@given(first=INSTANCES, then=INSTANCES, deaths=DEATHS, fallen=st.sets(st.sampled_from(["vpc-1", "vpc-2"])))
def test_whatever_changes_and_whatever_dies_one_round_is_enough(
        first: list[Instance], then: list[Instance], deaths: dict[str, int], fallen: set[str]) -> None:
    now = done(Running(), reconcile(wanted(snapshot(*first)), Running()))
    dead = {name: code for name, code in deaths.items() if name in now.boxes}
    now = replace(now, boxes=now.boxes - dead.keys(), ended=dead, vpcs=now.vpcs - fallen)
    want = wanted(snapshot(*then))
    now = done(now, reconcile(want, now))
    assert reconcile(want, now) == []
    assert now.boxes | now.told == want.boxes.keys()
    assert now.vpcs == want.vpcs.keys()
