"""`coko rehearse …`: the whole system on this machine, without an AWS account.

  up      start the local AWS, apply the stack to it and run its hosts; again, it changes what has to change or nothing
  status  what runs, where, and what the stack is
  env     exports that point AWS clients, pulumi and coko at it:  eval "$(coko rehearse env)"
  down    end it and remove everything it made
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import time
from collections.abc import Mapping
from typing import Any

from cli.terminal import Terminal
from pipelines.errors import ExitCode, Failure
from rehearsal import hosts, leftovers, running, stack
from rehearsal.display import Display, told
from rehearsal.home import Home
from rehearsal.lock import held
from rehearsal.processes import recorded

PARTS = ("cloud",)      # `--only`: where `up` may stop; without it, the stack's hosts run as well


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="what", required=True, metavar="up|status|env|down")
    up = verbs.add_parser("up", help="start it, or bring it up to date")
    up.add_argument("--only", choices=PARTS, help="the local AWS and its stack, without running hosts")
    up.add_argument("--port", type=int, help=f"where the local AWS listens: the same as before, else {running.PORT}")
    up.add_argument("--engine", choices=[*stack.DOORS], help="who applies the stack: the real CLI if it is installed")
    up.add_argument("--no-apply", action="store_true", help="start the services, leave the stack alone")
    down = verbs.add_parser("down", help="end it and remove everything")
    for each in (up, down):
        each.add_argument("--wait", type=float, default=0, metavar="SECONDS",
                          help="how long to wait for another command that is changing the rehearsal")
    verbs.add_parser("status", help="what runs, and what the stack is")
    verbs.add_parser("env", help="print exports for a shell")


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    return {"up": up, "down": down, "status": status, "env": env}[arguments.what](arguments, terminal)


def up(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    from rehearsal.up import Wanted
    from rehearsal.up import up as bring_up
    home = Home.of(os.environ)
    home.make()
    display = Display(lambda text: print(text, end="", file=terminal.err, flush=True), live=terminal.is_live())
    wanted = Wanted(arguments.stack, arguments.port, arguments.engine, not arguments.no_apply,
                    hosts=arguments.only is None)
    with held(home.root / "lock", "coko rehearse up", wait=arguments.wait, tell=terminal.say):
        try:
            done = bring_up(home, wanted, say=terminal.say, report=display)
        finally:
            display.close()
    started = "the local AWS was started" if done.fresh else "the local AWS was running"
    sentence = told(done.outcome.counts, done.outcome.seconds) if done.outcome else "no stack was applied"
    boxes = [f"hosts     {done.hosts.boxes} run as boxes"] if done.hosts else []
    lines = [f"{started}; {sentence}", *boxes, f"endpoint  {done.endpoint}", *_outputs(done.outputs),
             f'next      eval "$({_coko()} rehearse env)"']
    value = {"endpoint": done.endpoint, "changed": done.changed, "seconds": round(done.seconds, 2),
             "hosts": done.hosts.boxes if done.hosts else None,
             "counts": done.outcome.counts if done.outcome else None, "outputs": done.outputs}
    terminal.result(value, "\n".join(lines))
    return ExitCode.DONE


def _coko() -> str:
    """As this shell can call it."""
    return "coko" if shutil.which("coko") else ".venv/bin/coko"


def _outputs(outputs: Mapping[str, Any]) -> list[str]:
    width = max(map(len, outputs), default=0)
    return [f"  {name:<{width}}  {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
            for name, value in sorted(outputs.items())]


def down(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    home = Home.of(os.environ)
    if not home.exists:
        terminal.result({"ended": [], "removed": None}, "there is no rehearsal to end")
        return ExitCode.DONE
    with held(home.root / "lock", "coko rehearse down", wait=arguments.wait, tell=terminal.say):
        leftovers.clear(home)
        ended = running.stop(home)
        home.remove()
    terminal.result({"ended": ended, "removed": str(home.root)},
                    f"ended: {', '.join(ended) or 'nothing was running'}; removed {home.root}")
    return ExitCode.DONE


def status(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    home = Home.of(os.environ)
    found = describe(home)
    terminal.result(found, _status_text(found, terminal))
    return ExitCode.DONE


def describe(home: Home) -> dict[str, Any]:
    """The rehearsal as it is; its keys `endpoint` and `url` are a promise to programs."""
    processes = recorded(home)
    cloud = processes.get("cloud")
    health = running.ask(cloud) if cloud and cloud.alive else None
    last = stack.applied(home)
    fleet = bool((found := processes.get("fleet")) and found.alive)
    return {
        "endpoint": cloud.url if cloud and health else None, "url": None,
        "processes": [{"name": p.name, "pid": p.pid, "port": p.port, "alive": p.alive, "since": p.since, "log": p.log}
                      for p in processes.values()],
        "hosts": [{"id": name, **{key: row[key] for key in ("ip", "name", "tier")}}
                  for name, row in sorted(hosts.told(home).get("boxes", {}).items())] if fleet else [],
        "memory": health["memory"] if health else None,
        "stack": None if last is None else {
            "name": last.stack, "complete": last.complete, "at": last.at, "resources": last.resources,
            "engine": last.door, "outputs": last.outputs,
            "holds": bool(health and health["memory"]["id"] == last.memory)},
    }


def _status_text(found: dict[str, Any], terminal: Terminal) -> str:
    if not found["processes"]:
        return "no rehearsal is running; coko rehearse up starts one"
    rows = [[p["name"], "running" if p["alive"] else "ended", str(p["pid"]), str(p["port"] or "-"), _when(p["since"]),
             p["log"]] for p in found["processes"]]
    hosts_rows = [[host[key] for key in ("id", "tier", "ip", "name")] for host in found["hosts"]]
    boxes = [terminal.table(["host", "tier", "address", "name"], hosts_rows), ""] if hosts_rows else []
    return "\n".join([terminal.table(["service", "state", "pid", "port", "since", "log"], rows), "", *boxes,
                      f"endpoint  {found['endpoint'] or 'none: the cloud does not answer; coko rehearse up'}",
                      f"stack     {_stack_text(found)}"])


def _stack_text(found: dict[str, Any]) -> str:
    last = found["stack"]
    if last is None:
        return "none was applied"
    if found["memory"] is None:
        return f"{last['name']}: the cloud is not running, so nothing of it can be said; coko rehearse up"
    if not last["holds"]:
        return f"{last['name']} is lost: {found['memory']['because']}; coko rehearse up makes it anew"
    if not last["complete"]:
        return f"{last['name']} is incomplete: the apply of {_when(last['at'])} did not end; coko rehearse up goes on"
    return f"{last['name']}: {last['resources']} resources, applied {_when(last['at'])}"


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def env(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    home = Home.of(os.environ)
    endpoint = describe(home)["endpoint"]
    if endpoint is None:
        raise Failure("there is no rehearsal to point at", why="its cloud is not running", next="coko rehearse up",
                      exit_code=ExitCode.UNREACHABLE)
    exports = stack.exports(home, endpoint, arguments.stack)
    lines = [f"unset {' '.join(stack.UNSET)}", *(f"export {k}={shlex.quote(v)}" for k, v in exports.items())]
    terminal.result(exports, "\n".join(lines))
    return ExitCode.DONE
