"""Nothing waits for ever: lifecycle events, agents that take nothing up, load balancers, whole deployments."""

from __future__ import annotations

from . import target as targets
from .draft import Draft
from .observe import trouble
from .state import Event, Limits, Status, Target


def expire(draft: Draft) -> None:
    """Fail what is overdue."""
    deployment = draft.deployment
    limits = draft.plan.limits
    if deployment.started is None:
        if draft.now - deployment.created >= limits.start:
            message = "The instances of the deployment could not be looked up, so it could not be started."
            draft.end(Status.FAILED, "INTERNAL_ERROR", message)
        return
    if draft.now - deployment.started >= limits.deployment:
        message = f"The deployment did not end within {limits.deployment:.0f} s."
        draft.end(Status.FAILED, "TIMEOUT", message)
        return
    for target in draft.targets:
        event = target.running
        if event is not None:
            said = overdue(target, event, limits, draft.now)
            if said:
                draft.conclude(target, False, trouble(said))


def overdue(target: Target, event: Event, limits: Limits, now: float) -> str:
    """Why an event has taken too long; empty if it has not."""
    since = now - (event.started if event.started is not None else now)
    if not targets.by_agent(event):
        return _traffic(target, event, since) if since >= limits.traffic else ""
    if event.accepted:
        late = now - event.accepted_at >= limits.event
        return f"{event.name} on {target.id} did not end within {limits.event:.0f} s." if late else ""
    if since < limits.start:
        return ""
    return f"The CodeDeploy agent on {target.id} is running but did not take up {event.name} within {since:.0f} s."


def _traffic(target: Target, event: Event, since: float) -> str:
    last = f" Last seen: {event.diagnostics.message}." if event.diagnostics else ""
    goal = "leave" if event.name == "BlockTraffic" else "become healthy in"
    return f"{target.id} did not {goal} its target group within {since:.0f} s.{last}"
