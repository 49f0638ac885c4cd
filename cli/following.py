"""A deployment on the screen: a block drawn again for people, one line an event for logs, JSON for programs."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence

from cli.terminal import Terminal
from pipelines.snapshot import Event, Instance, Snapshot
from pipelines.watch import Outcome

STYLES = {"Succeeded": "green", "Failed": "red", "Stopped": "yellow", "InProgress": "cyan"}
BAR = 20
MOST_ROWS = 12      # of instances at a time: a large fleet must not scroll away


class Following:
    def __init__(self, terminal: Terminal, tier: str, limits: Mapping[str, int], estimate: float | None,
                 now: Callable[[], float] = time.time) -> None:
        self._terminal, self._tier, self._limits, self._estimate, self._now = terminal, tier, limits, estimate, now
        self._live = terminal.is_live() and not terminal.as_json
        self._drawn = 0

    def __call__(self, snapshot: Snapshot, events: Sequence[Event]) -> None:
        if self._terminal.as_json:
            for event in events:
                print(json.dumps({"event": event.as_json()}, ensure_ascii=False), file=self._terminal.out, flush=True)
        elif self._live:
            self._draw(self.block(snapshot))
        else:
            for event in events:
                self._terminal.say(line(event))

    def _draw(self, lines: Sequence[str]) -> None:
        width = shutil.get_terminal_size().columns - 1
        up = f"\033[{self._drawn}A" if self._drawn else ""
        text = "".join(f"\033[2K{each[:width + 24]}\n" for each in lines)     # 24: what colours take, unseen
        print(f"{up}\033[J{text}", end="", file=self._terminal.err, flush=True)
        self._drawn = len(lines)

    def block(self, snapshot: Snapshot) -> list[str]:
        deployment = snapshot.deployment
        elapsed = (deployment.completed or self._now()) - deployment.created
        about = f" of about {clock(self._estimate)}" if self._estimate and not deployment.over else ""
        head = f"{self._tier}  {deployment.id}  {self._styled(deployment.status)}  {bar(snapshot.percent)}  " \
               f"{clock(elapsed)}{about}"
        rows = [self._row(each) for each in sorted(snapshot.instances, key=_interest)[:MOST_ROWS]]
        more = len(snapshot.instances) - len(rows)
        return [head, *rows, *([f"  and {more} more"] if more > 0 else [])]

    def _row(self, instance: Instance) -> str:
        colour = f" {instance.colour.lower()}" if instance.colour else ""
        step = instance.current or instance.failed
        if step is None:
            return f"  {instance.id}{colour}  {self._styled(instance.status)}"
        limit = f" of {clock(self._limits[step.name])}" if step.name in self._limits else ""
        took = clock((step.ended or self._now()) - step.started) if step.started else ""
        return f"  {instance.id}{colour}  {self._styled(step.status)}  {step.name}  {took}{limit}"

    def _styled(self, status: str) -> str:
        return self._terminal.style(status, STYLES.get(status, "dim"), self._terminal.err)

    def ended(self, outcome: Outcome) -> str:
        """The last word: what happened, and if it went wrong, where, why, and what to do."""
        deployment, failed = outcome.deployment, outcome.failed
        lines = [f"{self._tier}: {deployment.id} {deployment.status.lower()} after {clock(deployment.seconds)}, "
                 f"release {deployment.digest[:12] or 'unknown'}"]
        if failed:
            where = " ".join(word for word in (failed.instance, failed.step, failed.script) if word)
            code = f", exit code {failed.exit_code}" if failed.exit_code is not None else ""
            lines += [f"  cause: {failed.cause}", *([f"  where: {where}{code}"] if where else []),
                      *(f"  | {each}" for each in failed.log.splitlines()[-12:]), f"  next:  {failed.next}"]
        if outcome.rollback:
            back = outcome.rollback
            to = back.digest[:12] or "the last good release"
            lines.append(f"  CodeDeploy rolled back to {to} as {back.id}: {back.status}")
        elif failed:
            why = f": {deployment.rollback_message}" if deployment.rollback_message else ""
            lines.append(f"  there was no rollback{why}; coko rollback {self._tier}")
        return "\n".join(lines)


def _interest(instance: Instance) -> tuple[int, str]:
    order = ("Failed", "InProgress", "Pending", "Ready", "Succeeded")
    return order.index(instance.status) if instance.status in order else len(order), instance.id


def line(event: Event) -> str:
    when = time.strftime("%H:%M:%S", time.localtime(event.at))
    what = f"{event.instance} {event.step}" if event.instance else event.deployment
    took = f" in {event.seconds:.1f} s" if event.seconds is not None else ""
    return f"{when}  {what} {event.status}{took}{f': {event.message}' if event.message else ''}"


def bar(percent: int) -> str:
    full = BAR * percent // 100
    return f"{'█' * full}{'░' * (BAR - full)} {percent:3d} %"


def clock(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    minutes, rest = divmod(int(max(seconds, 0)), 60)
    return f"{minutes}:{rest:02d}"
