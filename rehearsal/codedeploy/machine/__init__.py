"""The deployment state machine: pure, clock-injected, ignorant of sockets, databases and AWS.

    decide(deployment, signals, now) -> Decision(deployment', effects)

A signal is what somebody told us or what was observed; an effect is what has to be done. Effects on the outside world
(register, deregister, terminate) are idempotent and derived again from every observation, so a crash between deciding
and doing loses nothing.
"""

from __future__ import annotations

from .decide import Decision, decide
from .state import Deployment, Event, Limits, Phase, Plan, Stage, Status, Target

__all__ = ["Decision", "Deployment", "Event", "Limits", "Phase", "Plan", "Stage", "Status", "Target", "decide"]
