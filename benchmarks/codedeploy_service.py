"""How fast the deployment service is: a process over HTTP with simulated agents, and a thousand hosts in the machine.

    python -m benchmarks.codedeploy_service [--deployments 20] [--hosts 1000]

| figure                                             | aim     |
|----------------------------------------------------|---------|
| service's (and agent's) overhead for one event     | ≤ 50 ms |
| an empty deployment on one host                    | ≤ 1 s   |
| 1,000 hosts, HalfAtATime, through the machine      | ≤ 2 s   |

The overhead is what one event takes from poll to poll when its script takes no time: poll, acknowledgement,
specification, report, four HTTP requests and three transactions on disk.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from rehearsal.codedeploy.engine.minimums import BUILT_IN
from rehearsal.codedeploy.machine import Deployment, decide
from rehearsal.codedeploy.machine.lifecycle import Kind
from rehearsal.codedeploy.machine.signals import (
    CommandAccepted,
    CommandDone,
    CommandOffered,
    Found,
    Signal,
    TargetsFound,
)
from rehearsal.codedeploy.machine.state import Diagnostics, Plan, Stage, Step
from tests.rehearsal.codedeploy.agent_double import AgentDouble
from tests.rehearsal.codedeploy.lab import Lab, deploy, info, make_group
from tests.rehearsal.codedeploy.process import Process, one_rack
from tests.rehearsal.codedeploy.site import a_site

EVENTS = 7


def verdict(seconds: float, aim: float) -> str:
    return "ok" if seconds <= aim else f"MISSED (aim {aim} s)"


def until_over(api: Any, deployment_id: str) -> None:
    while (status := info(api, deployment_id)["status"]) != "Succeeded":
        if status in ("Failed", "Stopped"):
            raise SystemExit(f"{deployment_id}: {status}")
        time.sleep(0.002)


def one_host(deployments: int) -> None:
    with tempfile.TemporaryDirectory() as directory, Process(Path(directory) / "state.db") as process:
        api = process.api()
        one_rack(api, "rack-1")
        took = []
        with AgentDouble(process.port, "rack-1") as agent:
            for _ in range(deployments):
                began = time.perf_counter()
                until_over(api, deploy(api))
                took.append(time.perf_counter() - began)
        events = len(agent.ran) / deployments
    median = statistics.median(took)
    print(
        f"empty deployment, 1 host, simulated agent: median {median * 1e3:.1f} ms, worst {max(took) * 1e3:.1f} ms "
        f"of {deployments}: {verdict(max(took), 1.0)}"
    )
    print(
        f"service's overhead per lifecycle event:    median {median / events * 1e3:.2f} ms: "
        f"{verdict(median / events, 0.05)}"
    )


def real_agent(deployments: int) -> None:
    """The host agent itself, with an empty bundle in moto's S3; its poll when idle is every 0.2 s."""
    with tempfile.TemporaryDirectory() as directory, a_site(Path(directory)) as site:
        where = site.upload("empty.zip", "true", hooks=False)
        took = []
        for _ in range(deployments):
            began = time.perf_counter()
            until_over(site.process.api(), site.deploy(where))
            took.append(time.perf_counter() - began)
    median = statistics.median(took)
    print(
        f"empty deployment, 1 host, the real agent:  median {median * 1e3:.1f} ms, worst {max(took) * 1e3:.1f} ms "
        f"of {deployments}: {verdict(max(took), 1.0)}"
    )
    print(
        f"service + agent per lifecycle event:       median {median / EVENTS * 1e3:.2f} ms: "
        f"{verdict(median / EVENTS, 0.05)}"
    )


def machine(hosts: int) -> None:
    """One signal a decision, as the service gets them."""
    plan = Plan("d-1", Kind.IN_PLACE, (Stage(Step.WAVE),), BUILT_IN["CodeDeployDefault.HalfAtATime"])
    state = Deployment(plan, 0.0)
    began, decisions = time.perf_counter(), 1
    state = decide(state, [TargetsFound(tuple(Found(f"i-{n}") for n in range(hosts)))], 0.0).deployment
    while not state.over:
        for target in [target for target in state.targets.values() if target.running]:
            event = target.running
            if event is None:
                continue
            signals: tuple[Signal, ...] = (
                CommandOffered(target.id),
                CommandAccepted(target.id, event.name, 1),
                CommandDone(target.id, event.name, 1, True, Diagnostics()),
            )
            state = decide(state, signals, 1.0).deployment
            decisions += 1
    seconds = time.perf_counter() - began
    print(
        f"{hosts:,} hosts, HalfAtATime, machine alone: {seconds:.2f} s, {decisions:,} decisions: {state.status}, "
        f"{verdict(seconds, 2.0)}"
    )


def whole_service(hosts: int) -> None:
    """The same with store and engine: every signal a transaction on disk."""
    with tempfile.TemporaryDirectory() as directory:
        lab = Lab(Path(directory) / "state.db")
        names = [f"i-{n}" for n in range(hosts)]
        lab.world.add(*names, asg="asg")
        with lab.api() as api:
            make_group(api, autoScalingGroups=["asg"], deploymentConfigName="CodeDeployDefault.HalfAtATime")
            done = deploy(api)
            began = time.perf_counter()
            lab.turn()
            while lab.engine.live:
                for name in names:
                    lab.run_one(name)
            seconds = time.perf_counter() - began
            print(
                f"{hosts:,} hosts, HalfAtATime, engine and store: {seconds:.2f} s, "
                f"{seconds / len(lab.ran) * 1e3:.2f} ms an event: {info(api, done)['status']}"
            )
        lab.engine.store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deployments", type=int, default=20)
    parser.add_argument("--hosts", type=int, default=1000)
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    one_host(chosen.deployments)
    real_agent(chosen.deployments)
    machine(chosen.hosts)
    whole_service(chosen.hosts)


if __name__ == "__main__":
    main()
