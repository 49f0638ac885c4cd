"""Notification triggers: what an SNS topic of the group is told, put in the outbox with the state that caused it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..machine import Deployment
from ..store.deployments import Record
from ..store.groups import Group

if TYPE_CHECKING:
    from .core import Engine


def post(engine: Engine, record: Record, group: Group, after: Deployment, trigger: str, target: str) -> None:
    """One letter for each of the group's triggers that names this event."""
    for wanted in group.document.get("triggerConfigurations") or ():
        if trigger in (wanted.get("triggerEvents") or ()) and wanted.get("triggerTargetArn"):
            about = f"instance {target} of " if target else ""
            words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in trigger).strip()
            subject = f"{words}: {about}{record.id} ({group.application}/{group.name})"
            message = _message(engine, record, after, wanted.get("triggerName", ""), trigger, target)
            engine.store.outbox.add(wanted["triggerTargetArn"], subject, json.dumps(message))


def _message(engine: Engine, record: Record, after: Deployment, name: str, trigger: str, target: str) -> dict[str, Any]:
    message: dict[str, Any] = {
        "region": engine.tuning.region,
        "accountId": engine.tuning.account,
        "eventTriggerName": name,
        "eventTrigger": trigger,
        "applicationName": record.application,
        "deploymentId": record.id,
        "deploymentGroupName": record.group,
        "createTime": _time(after.created),
        "completeTime": _time(after.completed),
        "status": after.status.upper(),
        "deploymentOverview": json.dumps(Counter(str(each.phase) for each in after.targets.values())),
    }
    if after.code:
        message["errorInformation"] = json.dumps({"ErrorCode": after.code, "ErrorMessage": after.message})
    if target:
        state = after.targets[target]
        message |= {"instanceId": target, "instanceStatus": state.phase, "lastUpdatedAt": _time(state.updated)}
        events = [{"LifecycleEvent": event.name, "LifecycleEventStatus": event.phase} for event in state.events]
        message["lifecycleEvents"] = json.dumps(events)
    return message


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
