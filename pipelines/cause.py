"""Why a deployment failed, in one line, and where to look: from what CodeDeploy and the hooks said. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.deployments import Deployment
from pipelines.snapshot import Instance, Snapshot, Step

# Hooks end with their cause: see `die` in scripts/_lib.sh.
HOOK_SAID = re.compile(r"FAILED: (?P<what>.*)\n\s*why:\s*(?P<why>(?:.|\n)*?)\n\s*next: (?P<next>.*)")
EXIT_CODE = re.compile(r"exit code (\d+)")
TRAFFIC = ("BlockTraffic", "AllowTraffic")


@dataclass(frozen=True, kw_only=True)
class Failed:
    """What failed, where; `cause` is the one line that a person should read first."""

    cause: str
    next: str
    instance: str = ""
    step: str = ""
    script: str = ""
    exit_code: int | None = None
    log: str = ""


def why(snapshot: Snapshot) -> Failed:
    found = _first(snapshot)
    if found is None:
        cause, then = _of_deployment(snapshot.deployment)
        return Failed(cause=cause, next=then)
    instance, step = found
    cause, then = _of_step(instance, step)
    code = EXIT_CODE.search(step.message)
    return Failed(cause=cause, next=then, instance=instance.id, step=step.name, script=step.script,
                  exit_code=int(code[1]) if code else None, log=_plain(step.log))


def _first(snapshot: Snapshot) -> tuple[Instance, Step] | None:
    """What failed first: the others often fail because of it."""
    failed = [(each, each.failed) for each in snapshot.instances if each.failed]
    return min(((each, step) for each, step in failed if step), key=lambda pair: pair[1].ended or 0, default=None)


def _plain(log: str) -> str:
    return re.sub(r"^\[std(?:out|err)\]", "", log, flags=re.M).strip()


def _of_step(instance: Instance, step: Step) -> tuple[str, str]:
    said = list(HOOK_SAID.finditer(_plain(step.log)))
    if said:
        reason = " ".join(said[-1]["why"].split())
        return f"{said[-1]['what']}: {reason}", said[-1]["next"]
    look = f"coko fleet logs, or on {instance.id}: /opt/codedeploy-agent/deployment-root/deployment-logs"
    for applies, cause, then in RULES:
        if applies(step):
            words = {"instance": instance.id, "step": step.name, "script": step.script, "message": step.message}
            return cause.format(**words), then or look
    return f"{step.name} failed on {instance.id}: {step.message or step.code or 'no reason was given'}", look


RULES: tuple[tuple[Callable[[Step], bool], str, str], ...] = (
    (lambda s: s.code == "ScriptTimedOut", "{script} was still running when its timeout in appspec.yml was over", ""),
    (lambda s: s.code == "ScriptMissing", "the bundle has no {script}, which its appspec.yml names", "coko package"),
    (lambda s: "already exists at this location" in s.message, "{message}",
     "remove it on the host, or let only one application own it"),
    (lambda s: "not answering" in s.message or "not able to communicate" in s.message,
     "the CodeDeploy agent on {instance} does not answer", "on that host: systemctl status codedeploy-agent"),
    (lambda s: s.name == "AllowTraffic", "{instance} did not become healthy in its target group",
     "coko status; the health check's path must answer 200 on that host"),
    (lambda s: s.name in TRAFFIC, "{instance} could not be taken out of its target group", "coko status"),
    (lambda s: s.name == "DownloadBundle", "{instance} could not get the bundle: {message}",
     "its role must allow s3:GetObject, and the release must be in the bucket: coko history"),
    (lambda s: s.name == "Install", "the files could not be put into place: {message}", "see `files` in appspec.yml"),
)


def _of_deployment(deployment: Deployment) -> tuple[str, str]:
    known = {
        "ALARM_ACTIVE": ("an alarm rang while it was being deployed", "mend what rings, then deploy again"),
        "HEALTH_CONSTRAINTS_INVALID": ("its configuration wants more healthy hosts than there are",
                                       "more hosts, or another strategy in Pulumi.<stack>.yaml"),
        "NO_INSTANCES": ("the deployment group has no instances", "coko status; the Auto Scaling group may be empty"),
        "MANUAL_STOP": ("somebody stopped it", "coko history"),
    }
    cause, then = known.get(deployment.code, ("", "coko status"))
    message = " ".join(deployment.message.split())
    if not cause:
        return message or f"CodeDeploy says {deployment.status} and not why", then
    return f"{cause}: {message}" if message else cause, then
