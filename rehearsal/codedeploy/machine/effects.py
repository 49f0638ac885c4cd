"""What the machine wants done.

Register, Deregister and Terminate act on the world and are wanted again until an observation shows them done. The
others are recorded in the same transaction as the state that caused them.
"""

from __future__ import annotations

from dataclasses import dataclass

from .state import Status


@dataclass(frozen=True, slots=True)
class Register:
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deregister:
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Terminate:
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Announce:
    """A notification trigger: DeploymentStart … InstanceFailure."""

    trigger: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class TargetEnded:
    target: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Ended:
    status: Status


@dataclass(frozen=True, slots=True)
class RollBack:
    """Deploy the last good revision; `trigger` is the event that asked for it."""

    trigger: str


Effect = Register | Deregister | Terminate | Announce | TargetEnded | Ended | RollBack
WORLDLY = (Register, Deregister, Terminate)
