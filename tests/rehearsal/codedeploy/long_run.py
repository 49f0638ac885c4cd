"""A random life of the whole service: releases, stops, scaling, losses, outages, and restarts of the process.

Where `walk.py` looks at one deployment in the machine, this looks at what many of them leave in the store.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rehearsal.codedeploy.api import ACTIONS, Service
from rehearsal.codedeploy.errors import ApiError
from rehearsal.codedeploy.machine import Phase
from rehearsal.codedeploy.machine.lifecycle import RUN_BY_SERVICE
from rehearsal.codedeploy.machine.signals import Health

from .lab import ROLE, Lab, revision

EXPECTED = {
    "DeploymentLimitExceededException",
    "DeploymentAlreadyCompletedException",
    "DeploymentGroupDoesNotExistException",
}


class LongRun:
    """A group on an Auto Scaling group behind a load balancer, and a die."""

    def __init__(self, seed: int, directory: Path) -> None:
        self.dice = random.Random(seed)
        self.seed = seed
        self.lab = Lab(directory / f"{seed}.db")
        self.steps = self.named = self.restarts = 0
        self.ids: list[str] = []
        self.reported: set[tuple[str, str, str]] = set()
        self.held: dict[str, dict[str, Any]] = {}
        world = self.lab.world
        world.alarms["latency"] = False
        world.targets["web"] = {}
        for _ in range(self.dice.choice((1, 2, 3, 4))):
            self._instance("InService")
        self.balanced = self.dice.random() < 0.5
        self.call("CreateApplication", applicationName="coko")
        self._make_group()

    def _make_group(self) -> None:
        option = "WITH_TRAFFIC_CONTROL" if self.balanced else "WITHOUT_TRAFFIC_CONTROL"
        self.call(
            "CreateDeploymentGroup",
            applicationName="coko",
            deploymentGroupName="web",
            serviceRoleArn=ROLE,
            autoScalingGroups=["asg"],
            deploymentConfigName=f"CodeDeployDefault.{self.dice.choice(('OneAtATime', 'HalfAtATime', 'AllAtOnce'))}",
            deploymentStyle={"deploymentType": "IN_PLACE", "deploymentOption": option},
            loadBalancerInfo={"targetGroupInfoList": [{"name": "web"}]},
            alarmConfiguration={"enabled": self.dice.random() < 0.5, "alarms": [{"name": "latency"}]},
            autoRollbackConfiguration={
                "enabled": True,
                "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"],
            },
        )

    def _instance(self, lifecycle: str) -> None:
        self.named += 1
        name = f"i-{self.named}"
        self.lab.world.add(name, asg="asg", lifecycle=lifecycle)
        if lifecycle == "InService":
            self.lab.world.targets["web"][name] = Health("healthy")

    def call(self, action: str, **request: Any) -> dict[str, Any]:
        """The API without HTTP; refusals that such a life brings are no faults."""
        try:
            return ACTIONS[action](Service(self.lab.engine), request)
        except ApiError as error:
            if error.code not in EXPECTED:
                raise
            return {}

    # -- what may happen --

    def release(self) -> None:
        where = revision(f"web/{self.dice.randrange(5)}.zip")
        made = self.call("CreateDeployment", applicationName="coko", deploymentGroupName="web", revision=where)
        if made:
            self.ids.append(made["deploymentId"])

    def stop(self) -> None:
        if self.ids:
            self.call("StopDeployment", deploymentId=self.ids[-1], autoRollbackEnabled=self.dice.random() < 0.5)

    def agent(self) -> None:
        alive = [name for name, each in self.lab.world.instances.items() if each.alive]
        if not alive:
            return
        host = self.dice.choice(alive)
        held = self.held.pop(host, None)
        if held is None:
            command = self.lab.poll(host)
            if command is not None and self.dice.random() < 0.95 and self.lab.acknowledge(command) == "InProgress":
                self.lab.ran.append((command["DeploymentExecutionId"], host, command["CommandName"]))
                self.held[host] = command
            return
        ok = self.dice.random() < 0.985
        if ok:
            self.reported.add((held["DeploymentExecutionId"], host, held["CommandName"]))
        self.lab.report(held, ok)

    def turn(self) -> None:
        self.lab.turn(self.dice.choice((0.2, 1.0, 1.0, 3.0)))
        self.lab.world.settle()
        for host in self.held:
            self.lab.agents.hear(host)

    def reboot(self) -> None:
        self.restarts += 1
        self.lab.reboot()

    def outage(self) -> None:
        self.lab.world.down = not self.lab.world.down

    def alarm(self) -> None:
        self.lab.world.alarms["latency"] = self.dice.random() < 0.2

    def scale_out(self) -> None:
        if sum(each.alive for each in self.lab.world.instances.values()) < 6:
            self._instance("Pending:Wait")

    def lose(self) -> None:
        alive = [name for name, each in self.lab.world.instances.items() if each.alive]
        if len(alive) > 1:
            self.lab.world.lose(self.dice.choice(alive))

    def recreate(self) -> None:
        self.call("DeleteDeploymentGroup", applicationName="coko", deploymentGroupName="web")
        self.lab.world.down = False
        self._make_group()

    def step(self) -> None:
        self.steps += 1
        action: Callable[[LongRun], None] = self.dice.choices(HAPPENINGS, CHANCES)[0]
        action(self)
        self.check()

    # -- what must hold --

    def check(self) -> None:
        engine, said = self.lab.engine, f"seed {self.seed}, step {self.steps}"
        at_work: Counter[tuple[str, str]] = Counter()
        alone: Counter[str] = Counter()
        for deployment_id, state in engine.live.items():
            record = engine.record(deployment_id)
            assert record is not None, said
            alone[record.group_id] += record.exclusive
            open_ones = [t.id for t in state.targets.values() if t.phase in (Phase.PENDING, Phase.IN_PROGRESS)]
            at_work.update((record.group_id, host) for host in open_ones)
        assert all(count <= 1 for count in alone.values()), f"two active deployments in a group; {said}"
        assert all(count <= 1 for count in at_work.values()), f"a host in two deployments: {at_work}; {said}"

    def check_history(self) -> None:
        """Over all that ever happened, from what is on disk."""
        said = f"seed {self.seed}"
        twice = [run for run, count in Counter(self.lab.ran).items() if count > 1]
        assert not twice, f"executed twice: {twice}; {said}"
        for row in self.lab.engine.store.deployments.list(None, None):
            state = self.lab.engine.store.deployments.state(row["id"])
            assert state is not None
            assert state.over, f"{row['id']} never ended; {said}"
            for target in state.targets.values():
                for event in target.events:
                    if event.phase is Phase.SUCCEEDED and event.name not in RUN_BY_SERVICE:
                        assert (row["id"], target.id, event.name) in self.reported, f"{event}; {said}"

    def finish(self) -> None:
        """Calm: nothing fails any more, and everything has to come to its end."""
        self.lab.world.down = False
        self.lab.world.alarms["latency"] = False
        calm = 0
        for _ in range(3000):
            for host, held in list(self.held.items()):
                self.reported.add((held["DeploymentExecutionId"], host, held["CommandName"]))
                self.lab.report(self.held.pop(host))
            before = len(self.lab.ran)
            for host, each in self.lab.world.instances.items():
                if each.alive:
                    self.lab.run_one(host)
            self.reported.update(self.lab.ran[before:])
            self.lab.turn(1.0)
            self.lab.world.settle()
            calm = calm + 1 if not self.lab.engine.live else 0
            if calm > 5:
                return
        raise AssertionError(f"seed {self.seed}: {list(self.lab.engine.live)} never end")

    def check_calm(self) -> None:
        """Nobody waits for a launch, and whoever was launched runs the group's revision."""
        engine = self.lab.engine
        waiting = [
            name for name, each in self.lab.world.instances.items() if each.alive and each.lifecycle == "Pending:Wait"
        ]
        assert not waiting, f"seed {self.seed}: {waiting} wait for ever"
        [group] = engine.store.groups.all()
        good = engine.store.deployments.get(group.last_success) if group.last_success else None
        last = engine.store.groups.host_revisions(group.id)
        for name in engine.store.launches.of(group.id):
            if good is not None and name in last and last[name].creator == "autoscaling":
                assert last[name].good_revision == good.revision_key, f"seed {self.seed}: {name} is left behind"


HAPPENINGS = (
    LongRun.agent,
    LongRun.turn,
    LongRun.release,
    LongRun.stop,
    LongRun.reboot,
    LongRun.outage,
    LongRun.alarm,
    LongRun.scale_out,
    LongRun.lose,
    LongRun.recreate,
)
CHANCES = (70, 22, 2, 0.3, 1, 0.5, 0.6, 1, 0.3, 0.1)


def live(seed: int, directory: Path, steps: int) -> LongRun:
    run = LongRun(seed, directory)
    for _ in range(steps):
        run.step()
    run.finish()
    run.check_history()
    run.check_calm()
    run.lab.engine.store.close()
    return run
