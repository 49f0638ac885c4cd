"""Machine values to JSON and back. Targets are written thousands of times, so they are compact lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..machine.lifecycle import Kind
from ..machine.minimum import Minimum
from ..machine.state import (
    Deployment,
    Diagnostics,
    Event,
    Limits,
    Phase,
    Plan,
    Stage,
    Status,
    Step,
    Stop,
    Target,
)
from .db import dump

STATE = ("stage", "stage_since", "started", "completed", "floor", "released", "touched", "code", "message")


def plan_text(plan: Plan) -> str:
    return dump(asdict(plan))


def read_plan(text: str) -> Plan:
    raw = json.loads(text)
    stages = tuple(Stage(**{**stage, "step": Step(stage["step"])}) for stage in raw.pop("stages"))
    return Plan(
        **{
            **raw,
            "kind": Kind(raw["kind"]),
            "stages": stages,
            "minimum": Minimum(**raw["minimum"]),
            "rollback_on": tuple(raw["rollback_on"]),
            "target_groups": tuple(raw["target_groups"]),
            "alarms": tuple(raw["alarms"]),
            "limits": Limits(**raw["limits"]),
        }
    )


def state_text(deployment: Deployment) -> str:
    values: dict[str, Any] = {name: getattr(deployment, name) for name in STATE}
    values["stop"] = asdict(deployment.stop) if deployment.stop else None
    return dump(values)


def read_deployment(plan: Plan, created: float, status: str, state: str, targets: Mapping[str, Target]) -> Deployment:
    raw = json.loads(state)
    stop = raw.pop("stop")
    return Deployment(
        plan=plan,
        created=created,
        status=Status(status),
        stop=Stop(**stop) if stop else None,
        targets=targets,
        **raw,
    )


def target_text(target: Target) -> str:
    events = [_event_list(event) for event in target.events]
    return json.dumps([target.colour, target.position, target.updated, events], separators=(",", ":"))


def _event_list(event: Event) -> list[Any]:
    said = event.diagnostics
    diagnostics = [said.code, said.script, said.message, said.log] if said else None
    if event.phase is Phase.PENDING:
        return [event.name]
    return [
        event.name,
        event.phase,
        event.started,
        event.ended,
        event.offer,
        event.offered,
        event.accepted,
        event.accepted_at,
        diagnostics,
    ]


def read_target(target_id: str, phase: str, text: str) -> Target:
    colour, position, updated, events = json.loads(text)
    return Target(target_id, colour, tuple(map(_read_event, events)), Phase(phase), position, updated)


def _read_event(raw: list[Any]) -> Event:
    if len(raw) == 1:
        return Event(raw[0])
    name, phase, started, ended, offer, offered, accepted, accepted_at, said = raw
    diagnostics = Diagnostics(*said) if said else None
    return Event(name, Phase(phase), started, ended, offer, offered, accepted, accepted_at, diagnostics)
