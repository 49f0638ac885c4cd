"""`up` with real services and the in-process engine on a small program: repeated, killed, its cloud lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal import processes, provider, running, stack
from rehearsal.home import Home
from rehearsal.provider import Progress
from rehearsal.stack import Door
from rehearsal.up import Up, Wanted, up
from tests.rehearsal.cloud import Clients, until

PROGRAM = """\
import pulumi
from pulumi_aws import ec2, ssm
vpc = ec2.Vpc("net", cidr_block="10.0.0.0/16")
subnets = [ec2.Subnet(f"subnet-{i}", vpc_id=vpc.id, cidr_block=f"10.0.{i}.0/24") for i in range(4)]
ssm.Parameter("vpc", name="/tiny/vpc", type="String", value=vpc.id)
pulumi.export("vpc", vpc.id)
"""


class Small:
    """The engine's front door, on a program of our own. `until` is the step after which the process is killed."""

    def __init__(self, root: Path, until: int | None = None) -> None:
        self.root, self.until = root, until

    def apply(self, stack: str, *, endpoint: str, state: Path, report: Any) -> provider.Outcome:
        def told(progress: Progress) -> None:
            report(progress)
            if self.until is not None and progress.phase == "done" and progress.done >= self.until:
                os.kill(os.getpid(), signal.SIGKILL)
        return provider.apply(stack, endpoint=endpoint, state=state, report=told, root=self.root)

    def choose(self, wanted: str | None) -> tuple[str, Door]:
        return "in-process", self


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "rehearsal")
    made.make()
    project = tmp_path / "project"
    project.mkdir()
    (project / "__main__.py").write_text(PROGRAM)
    (project / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    (project / "Pulumi.rehearsal.yaml").write_text("config: {}\n")
    yield made
    running.stop(made)


def bring_up(home: Home, *, until: int | None = None, said: list[str] | None = None) -> Up:
    """In a process of its own: the engine's program runs in the process that applies it."""
    door = Small(home.root.parent / "project", until)
    return up(home, Wanted("rehearsal", port=None), say=(said if said is not None else []).append,
              report=lambda progress: None, choose=door.choose)


def killed_after(home: Home, step: int) -> int:
    program = ("import sys; from pathlib import Path; from rehearsal.home import Home\n"
               "from tests.rehearsal.test_up import bring_up\n"
               "bring_up(Home(Path(sys.argv[1])), until=int(sys.argv[2]))")
    return subprocess.run([sys.executable, "-c", program, str(home.root), str(step)], check=False, capture_output=True,
                          cwd=Path(__file__).parents[2]).returncode


def there(endpoint: str) -> tuple[int, int, list[str]]:
    """How many networks and subnets there are, and what the parameter says."""
    aws = Clients(endpoint)
    networks = [v["VpcId"] for v in aws.ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]]
    subnets = [s for s in aws.ec2.describe_subnets()["Subnets"] if s["VpcId"] in networks]
    parameters = aws.ssm.get_parameters(Names=["/tiny/vpc"])["Parameters"]
    return len(networks), len(subnets), [p["Value"] for p in parameters if p["Value"] in networks]


def test_up_again_and_again_and_after_kills(home: Home) -> None:
    assert killed_after(home, 1) == -signal.SIGKILL         # the network is there, and what needs it is not
    half = stack.applied(home)
    assert half is not None
    assert not half.complete
    first = bring_up(home)
    assert first.changed
    assert there(first.endpoint) == (1, 4, [first.outputs["vpc"]])

    again = bring_up(home)                                  # nothing has changed
    assert not again.changed
    assert again.outputs == first.outputs

    kill_in_peace(home)                                     # all was written down
    peace = bring_up(home)
    assert peace.outputs == first.outputs
    assert peace.outcome is not None
    assert (peace.fresh, peace.outcome.changed) == (True, False)
    assert there(peace.endpoint)[:2] == (1, 4)

    Clients(first.endpoint).ec2.create_vpc(CidrBlock="10.7.0.0/16")     # answered, and not written down
    os.kill(processes.recorded(home)["cloud"].pid, signal.SIGKILL)
    third = made_anew(home, peace, "the cloud's memory is gone")
    assert third.endpoint == first.endpoint

    (home.root / "applied.json").write_text("{torn")        # nobody knows what belongs to what
    made_anew(home, third, "not known which cloud")


def kill_in_peace(home: Home) -> None:
    cloud = processes.recorded(home)["cloud"]
    until(lambda: (health := running.ask(cloud)) and health["memory"]["kept"] == health["memory"]["changes"])
    os.kill(cloud.pid, signal.SIGKILL)


def made_anew(home: Home, before: Up, because: str) -> Up:
    """`up` says why, puts the old state aside, and ends complete."""
    said: list[str] = []
    after = bring_up(home, said=said)
    assert because in "".join(said)
    assert there(after.endpoint) == (1, 4, [after.outputs["vpc"]])
    assert after.outputs["vpc"] != before.outputs["vpc"]
    assert any((aside / "engine").exists() for aside in (home.root / "set-aside").iterdir())
    finished = stack.applied(home)
    assert finished is not None
    assert finished.complete
    return after
