"""How fast the stack is applied to the rehearsal's cloud, through both doors, beside plain boto3 making the same calls.

    python -m benchmarks.provider_apply [--stack rehearsal] [--without-cli] [--rounds 3]

| figure                                        | aim                                                  |
|-----------------------------------------------|------------------------------------------------------|
| in-process: apply                             | ≤ 1.5 × plain boto3 in the same run, and ≤ 10 s      |
| in-process: nothing changed / destroy         | ≤ 2.5 s / ≤ 5 s                                      |
| in-process: memory of program and engine      | ≤ 350 MB                                             |
| Pulumi's own command: apply / nothing changed | ≤ 30 s / ≤ 12 s                                      |

Each figure is a process of its own, as `coko rehearse up` is, on a cloud of its own. "Plain boto3" is the floor: no
program, no plan, no state, no waiting but for the answers it needs (benchmarks/provider_recording.py), eight threads.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import pickle
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def cloud() -> Iterator[str]:
    """The API and CodeDeploy, empty, in processes of their own."""
    with tempfile.TemporaryDirectory() as place:
        port, other = free_port(), free_port()
        first, second = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}"
        words = [("rehearsal.cloud", "--port", str(port), "--state", f"{place}/cloud", "--codedeploy", second),
                 ("rehearsal.codedeploy", "--port", str(other), "--state", f"{place}/cd.sqlite", "--cloud", first)]
        processes = [subprocess.Popen([sys.executable, "-m", *w], cwd=ROOT, stdout=subprocess.DEVNULL) for w in words]
        try:
            _await(f"{first}/_rehearsal/health")
            _await(second)
            yield first
        finally:
            for process in processes:
                process.terminate()
                process.wait(20)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _await(address: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{address} does not answer")


def child(operation: str, **about: Any) -> dict[str, Any]:
    """One operation in a fresh interpreter; what it measured of itself."""
    about["began"] = time.time()
    words = [sys.executable, "-m", "benchmarks.provider_apply", "--child", operation, "--about", json.dumps(about)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ})
    if done.returncode:
        raise SystemExit(f"{operation} failed: {done.stdout}{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(operation: str, about: dict[str, Any]) -> dict[str, Any]:
    """In the child: run it, and say where the time went."""
    from benchmarks.provider_recording import Recorder
    from rehearsal.provider import engine
    from rehearsal.provider.aws import Aws
    from rehearsal.provider.project import Project
    recorder = Recorder()
    if about.get("record"):
        Aws.observers.update(recorder.events)
    outcome = getattr(engine, operation)(Project(ROOT, about["stack"]), endpoint=about["endpoint"],
                                         state=Path(about["state"]), report=lambda told: None)
    found = {"wall": time.time() - about["began"], "seconds": outcome.seconds, "steps": len(outcome.steps),
             "counts": outcome.counts, "cpu": time.process_time(), "calls": len(recorder.calls),
             "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "api": recorder.seconds}
    if about.get("record"):
        Path(about["record"]).write_bytes(pickle.dumps(recorder.calls))
    return found


def floor(about: dict[str, Any]) -> dict[str, Any]:
    """Reading the recording and working its order out is not part of it; starting Python and reading boto3 is."""
    from benchmarks.provider_recording import Playback
    read = time.time() - about["began"]
    playback = Playback(pickle.loads(Path(about["record"]).read_bytes()))
    return {"wall": read + playback.send(about["endpoint"], threads=8), "calls": len(playback.needed)}


def said(label: str, value: float, unit: str, aim: float | None = None) -> None:
    verdict = "" if aim is None else "   ok" if value <= aim else f"   MISSED (aim {aim:g} {unit})"
    print(f"  {label:<46} {value:8.2f} {unit}{verdict}")


def in_process(stack: str, record: Path) -> float:
    print("in-process")
    with tempfile.TemporaryDirectory() as state, cloud() as endpoint:
        about = {"stack": stack, "endpoint": endpoint, "state": state}
        plan = child("preview", **about)
        made = child("apply", record=str(record), **about)
        same = child("preview", **about)
        looked = child("refresh", **about)
        gone = child("destroy", **about)
    assert same["counts"] == {"same": made["steps"]}, same
    assert looked["counts"] == {}, looked
    said(f"plan of {plan['steps']} resources, from nothing", plan["wall"], "s")
    said(f"apply of {made['steps']} resources, {made['calls']} calls", made["wall"], "s", 10)
    said("nothing changed", same["wall"], "s", 2.5)
    said("refresh", looked["wall"], "s")
    said("destroy", gone["wall"], "s", 5)
    said("most memory", max(run["memory"] for run in (plan, made, same, looked, gone)), "MB", 350)
    print("  where an apply's time goes (calls overlap: their seconds add up to more than the wall's)")
    said("  interpreter, SDK and engine read", made["wall"] - made["seconds"], "s")
    said("  processor time of the whole process", made["cpu"], "s")
    for key, seconds in sorted(made["api"].items(), key=lambda pair: -pair[1])[:8]:
        said(f"  waiting for {key}", seconds, "s")
    return float(made["wall"])


def beside_boto3(stack: str, record: Path, first: float, rounds: int) -> None:
    """In turns, because a machine's other work comes and goes; the best of each counts."""
    applies, floors, calls = [first], [], 0
    for _ in range(rounds):
        with cloud() as endpoint:
            floor = child("floor", record=str(record), endpoint=endpoint)
        floors.append(float(floor["wall"]))
        calls = floor["calls"]
        with tempfile.TemporaryDirectory() as state, cloud() as endpoint:
            applies.append(float(child("apply", stack=stack, endpoint=endpoint, state=state)["wall"]))
    print(f"in turns, the best of {rounds} and {rounds + 1}, each on an empty cloud just started")
    said(f"plain boto3, the {calls} calls of an apply, 8 threads", min(floors), "s")
    said("in-process apply", min(applies), "s", 10)
    said("in-process apply ÷ plain boto3", min(applies) / min(floors), "×", 1.5)


def through_the_cli(stack: str) -> None:
    from rehearsal.provider import cli
    print("Pulumi's own command, with this provider as its plugin")
    with tempfile.TemporaryDirectory() as state, cloud() as endpoint:
        for label, operation, aim in (("apply", cli.apply, 30), ("nothing changed", cli.preview, 12),
                                      ("refresh", cli.refresh, None), ("destroy", cli.destroy, None)):
            start = time.monotonic()
            outcome = operation(stack, endpoint=endpoint, state=Path(state), report=lambda told: None)
            said(f"{label} ({len(outcome.steps)} resources)", time.monotonic() - start, "s", aim)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stack", default="rehearsal")
    parser.add_argument("--without-cli", action="store_true")
    parser.add_argument("--rounds", type=int, default=3, help="how often apply and plain boto3 take turns")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--about", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        work = {"floor": floor}.get(arguments.child) or functools.partial(measured, arguments.child)
        print(json.dumps(work(json.loads(arguments.about))))
        return
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as place:
        apply = in_process(arguments.stack, Path(place) / "calls")
        beside_boto3(arguments.stack, Path(place) / "calls", apply, arguments.rounds)
    if not arguments.without_cli:
        through_the_cli(arguments.stack)
    print("for scale, another program of the same kind: Terraform 1.11 with the AWS provider 5.100 took 105 s for 110\n"
          "resources on stock moto (most of it the provider's own waiting), 18-23 s for a plan without changes,\n"
          "90 s to destroy, 560-600 MB")


if __name__ == "__main__":
    main()
