"""Deployments as CodeDeploy tells of them: asked for here, read into values here.

A deployment's description carries what CodeDeploy has no field for, as JSON: who, why, which commit, which build.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipelines.door import Call, Door
from pipelines.stack import Tier

ACTIVE = ("Created", "Queued", "InProgress", "Baking", "Ready")
SUCCEEDED, FAILED, STOPPED = "Succeeded", "Failed", "Stopped"
OVER = (SUCCEEDED, FAILED, STOPPED)
BATCH = 25
AUTOMATIC = ("codeDeployRollback", "autoscaling", "CodeDeployAutoUpdate", "autoscalingTermination")


@dataclass(frozen=True, kw_only=True)
class Note:
    """What we write into a deployment's description."""

    by: str = ""
    why: str = "deploy"         # deploy | rollback
    commit: str = ""
    token: str = ""             # of the build that asked: the same build asks once
    leaving: str = ""           # rollback: the release that is being left

    @property
    def text(self) -> str:
        return json.dumps({name: value[:200] for name, value in self.__dict__.items() if value}, ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> Note:
        """Empty if somebody else wrote it."""
        try:
            told = json.loads(text)
            return cls(**{name: str(told[name]) for name in cls.__dataclass_fields__ if name in told})
        except (ValueError, TypeError):
            return cls(why="")


@dataclass(frozen=True, kw_only=True)
class Deployment:
    id: str
    group: str
    status: str
    digest: str                 # of its release; empty where the revision is not one of ours
    creator: str = ""
    created: float = 0.0
    started: float | None = None
    completed: float | None = None
    note: Note = field(default_factory=Note)
    code: str = ""
    message: str = ""
    rollback_id: str = ""       # the deployment that rolls this one back
    rollback_message: str = ""
    rolls_back: str = ""        # the deployment that this one rolls back
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        return self.status in OVER

    @property
    def seconds(self) -> float | None:
        return self.completed - self.created if self.completed else None

    @property
    def by(self) -> str:
        """Who: the words of our note, or CodeDeploy itself."""
        automatic = {"codeDeployRollback": "CodeDeploy (rollback)", "autoscaling": "Auto Scaling",
                     "CodeDeployAutoUpdate": "CodeDeploy (update)"}
        return automatic.get(self.creator) or self.note.by or self.creator


def read(info: Mapping[str, Any]) -> Deployment:
    error, rollback = info.get("errorInformation") or {}, info.get("rollbackInfo") or {}
    triggering = str(rollback.get("rollbackTriggeringDeploymentId") or "")
    return Deployment(
        id=info["deploymentId"], group=str(info.get("deploymentGroupName", "")), status=info["status"],
        digest=digest_of(info.get("revision") or {}), creator=str(info.get("creator", "")),
        created=_moment(info.get("createTime")) or 0.0, started=_moment(info.get("startTime")),
        completed=_moment(info.get("completeTime")), note=Note.read(str(info.get("description") or "")),
        code=str(error.get("code", "")), message=str(error.get("message", "")),
        rollback_id=str(rollback.get("rollbackDeploymentId") or ""), rolls_back=triggering,
        rollback_message=str(rollback.get("rollbackMessage") or ""), counts=info.get("deploymentOverview") or {})


def _moment(given: Any) -> float | None:
    return given.timestamp() if isinstance(given, datetime) else None


def digest_of(revision: Mapping[str, Any]) -> str:
    key = str((revision.get("s3Location") or {}).get("key", ""))
    name = key.rpartition("/")[2].removesuffix(".zip")
    return name if len(name) == 64 and key.endswith(".zip") else ""


def get(door: Door, deployment_id: str) -> Deployment:
    return read(door.send(Call("codedeploy", "get_deployment", {"deploymentId": deployment_id}))["deploymentInfo"])


def recent(door: Door, tier: Tier, limit: int = 50) -> list[Deployment]:
    """The group's last deployments, newest first."""
    return _all(door, door.pages(_listing(tier), "deployments", limit))


def active(door: Door, tier: Tier) -> Deployment | None:
    """Whoever holds the group: CodeDeploy lets one deployment at a time."""
    found = _all(door, door.pages(_listing(tier, ACTIVE), "deployments", BATCH))
    ours = [each for each in found if not each.over]
    return ours[0] if ours else None


def asked_for(known: Sequence[Deployment]) -> Deployment | None:
    """What somebody asked for last, running or over: not what CodeDeploy does by itself meanwhile. A deployment that
    failed and is being rolled back has failed."""
    return next((each for each in known if each.creator not in AUTOMATIC), None)


def _listing(tier: Tier, statuses: Sequence[str] = ()) -> Call:
    only = {"includeOnlyStatuses": [*statuses]} if statuses else {}
    return Call("codedeploy", "list_deployments", {
        "applicationName": tier.application, "deploymentGroupName": tier.group, **only})


def _all(door: Door, ids: Sequence[str]) -> list[Deployment]:
    found: list[Deployment] = []
    for start in range(0, len(ids), BATCH):
        call = Call("codedeploy", "batch_get_deployments", {"deploymentIds": [*ids[start:start + BATCH]]})
        found += [read(info) for info in door.send(call)["deploymentsInfo"]]
    return sorted(found, key=lambda each: (each.created, each.id), reverse=True)


def group_info(door: Door, tier: Tier) -> Mapping[str, Any]:
    call = Call("codedeploy", "get_deployment_group", {
        "applicationName": tier.application, "deploymentGroupName": tier.group})
    return dict(door.send(call)["deploymentGroupInfo"])
