"""A stack's settings: loaded once, typed, frozen, all errors at once. Nothing else reads configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.settings import network, services, tier
from infra.settings.network import NetworkSettings
from infra.settings.reading import Problem, Reader, SettingsError
from infra.settings.services import (
    AlarmSettings,
    AwsSettings,
    DatabaseSettings,
    DeliverySettings,
    EdgeSettings,
    HostSettings,
    JenkinsSettings,
)
from infra.settings.tier import TierSettings

__all__ = ["Problem", "Settings", "SettingsError", "TierSettings"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    stack: str
    production: bool
    owner: str
    aws: AwsSettings
    hosts: HostSettings
    network: NetworkSettings
    edge: EdgeSettings
    web: TierSettings
    was: TierSettings
    database: DatabaseSettings
    delivery: DeliverySettings
    alarms: AlarmSettings
    jenkins: JenkinsSettings

    @property
    def tags(self) -> dict[str, str]:
        return {"coko:stack": self.stack, "coko:owner": self.owner, "coko:managed-by": "pulumi"}

    @classmethod
    def load(cls, stack: str, values: Mapping[str, Any]) -> Settings:
        """`values` are the stack's `coko:…` keys. Raises SettingsError with everything that is wrong."""
        problems: list[Problem] = []
        reader = Reader(values, "", problems)
        settings = cls._read(stack, reader)
        reader.finish()
        if problems:
            raise SettingsError(stack, problems)
        return settings

    @classmethod
    def _read(cls, stack: str, reader: Reader) -> Settings:
        production = reader.boolean("production", False)
        delivery = services.read_delivery(reader.section("delivery"))
        tiers = {
            name: tier.read(reader.section(name), production=production, allow_outage=delivery.allow_outage,
                            default_type=default)
            for name, default in (("web", "t3.micro"), ("was", "t3.small"))
        }
        return cls(
            stack=stack,
            production=production,
            owner=reader.text("owner", "platform", pattern=r"[\w .@+-]{1,64}", example="platform"),
            aws=services.read_aws(reader.section("aws")),
            hosts=services.read_hosts(reader.section("hosts")),
            network=network.read(reader.section("network"), collectors=tiers["was"].collectors),
            edge=services.read_edge(reader.section("edge"), production=production),
            database=services.read_database(reader.section("database"), production=production),
            delivery=delivery,
            alarms=services.read_alarms(reader.section("alarms"), production=production),
            jenkins=services.read_jenkins(reader.section("jenkins")),
            **tiers,
        )
