"""No cloud at all: on-premises hosts can be deployed to, everything else says why it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from ..machine.signals import Health
from .protocols import AlarmStates, Instance, PortError, Ports, TagFilter


def detached() -> Ports:
    nothing = Detached()
    return Ports(nothing, nothing, nothing, nothing, nothing)


class Detached:
    """All five ports, each method refusing."""

    def _refuse(self, what: str) -> NoReturn:
        raise PortError(f"{what}: CodeDeploy was started without --cloud, so it knows only on-premises hosts.")

    def members(self, asgs: Sequence[str]) -> list[Instance]:
        self._refuse("Auto Scaling groups")

    def missing(self, names: Sequence[str]) -> list[str]:
        self._refuse("Auto Scaling or target groups")

    def tagged(self, tag_sets: Sequence[Sequence[TagFilter]]) -> list[Instance]:
        self._refuse("EC2 tags")

    def alive(self, ids: Sequence[str]) -> Mapping[str, bool]:
        self._refuse("EC2 instances")

    def terminate(self, ids: Sequence[str]) -> None:
        self._refuse("EC2 instances")

    def health(self, name: str) -> Mapping[str, Health]:
        self._refuse("target groups")

    def register(self, name: str, ids: Sequence[str]) -> None:
        self._refuse("target groups")

    def deregister(self, name: str, ids: Sequence[str]) -> None:
        self._refuse("target groups")

    def states(self, names: Sequence[str]) -> AlarmStates:
        self._refuse("alarms")

    def put_launch_hook(self, asg: str, hook: str) -> None:
        self._refuse("launch hooks")

    def delete_hook(self, asg: str, hook: str) -> None:
        self._refuse("launch hooks")

    def complete(self, asg: str, hook: str, instance: str, outcome: str) -> None:
        self._refuse("launch hooks")

    def heartbeat(self, asg: str, hook: str, instance: str) -> None:
        self._refuse("launch hooks")

    def publish(self, topic: str, subject: str, message: str) -> None:
        self._refuse("notifications")
