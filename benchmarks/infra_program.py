"""The whole program with every rule, in a fresh process each time: `python -m benchmarks.infra_program [RUNS]`.

The SDK imports its modules when they are first used. A first run, not measured, finds which those are (and leaves their
bytecode behind, as any installation has it); the measured ones import them first, so that "recording" is the program.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
STACK = "prod"
BUDGET = 2.5
PHASES = ("imports", "recording", "policy", "total", "processor")


def evaluate(modules: list[str]) -> dict[str, object]:
    began = time.perf_counter()
    from infra.configuration import from_file
    from infra.policy.recording import record
    from infra.policy.rules import RULES, ask_all
    from infra.settings import Settings

    gc.disable()        # as record() does, in which these imports happen otherwise
    for module in modules:
        getattr(import_module(module), "__all__", None)         # the first attribute loads a lazy module
    gc.enable()
    imported = time.perf_counter()
    program = record(Settings.load(STACK, from_file((ROOT / f"Pulumi.{STACK}.yaml").read_text())))
    recorded = time.perf_counter()
    answers = ask_all(program)
    asked = time.perf_counter()
    gc.freeze()         # as `coko policy` does
    return {
        "imports": imported - began, "recording": recorded - imported, "policy": asked - recorded,
        "modules": sorted(name for name, module in sys.modules.items() if is_loaded(module)
                          and name.startswith("pulumi_aws.") and name.count(".") == 1),
        "resources": sum(1 for _ in program.cloud()), "rules": len(RULES),
        "failed": sum(answer.result == "fail" for answer in answers),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def is_loaded(module: object) -> bool:
    """The SDK's lazy modules become plain ones when they are loaded."""
    return type(module) is ModuleType


def fresh_process(modules: list[str]) -> dict[str, float | list[str]]:
    """The total is the process's whole life, interpreter and all; processor time leaves out waiting for others."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "benchmarks.infra_program", "--once", *modules]
    began = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(done.stdout), "total": time.perf_counter() - began, "processor": processor}


def report(runs: list[dict[str, float | list[str]]]) -> str:
    figures = {phase: [float(str(run[phase])) for run in runs] for phase in PHASES}
    lines = [f"{phase:<10}" + "".join(f"{pick(figures[phase]):>9.2f}" for pick in (statistics.median, min, max))
             for phase in PHASES]
    one, peak = runs[0], max(float(str(run["peak_mib"])) for run in runs)
    median = statistics.median(figures["total"])
    return "\n".join([
        f"{'seconds':<10}{'median':>9}{'min':>9}{'max':>9}", *lines, "",
        f"stack {STACK}: {one['resources']} resources, {one['rules']} rules, {one['failed']} failed; "
        f"{len(runs)} fresh processes",
        f"peak memory {peak:.0f} MiB; budget {BUDGET} s: {'held' if median <= BUDGET else 'NOT held'} by the median",
        f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}",
    ])


def main(words: list[str]) -> None:
    if words[:1] == ["--once"]:
        print(json.dumps(evaluate(words[1:])))
        return
    modules = fresh_process([])["modules"]
    assert isinstance(modules, list)
    print(report([fresh_process(modules) for _ in range(int(words[0]) if words else 7)]))


if __name__ == "__main__":
    main(sys.argv[1:])
