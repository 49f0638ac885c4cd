"""Settings of what stands beside the tiers: edge, database, delivery, alarms, Jenkins, hosts, the AWS account."""

from __future__ import annotations

import re
from dataclasses import dataclass

from infra.settings.reading import Reader
from infra.settings.tier import INSTANCE_TYPE

DOMAIN = r"(?=.{4,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}"
MAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
VERSION = r"\d+(\.\d+)+([.-][A-Za-z0-9.]+)*"

SUPPORTED_ENGINES = ("8.4",)
ENDED_ENGINES = {
    "5.7": "AWS's standard support for MySQL 5.7 ended on 29 February 2024",
    "8.0": "AWS's standard support for MySQL 8.0 ended on 31 July 2026",
}


@dataclass(frozen=True, kw_only=True)
class AwsSettings:
    region: str
    endpoint: str | None            # another AWS API than Amazon's, such as the rehearsal's
    allowed_account: str | None     # refuse to touch any other account


@dataclass(frozen=True, kw_only=True)
class HostSettings:
    ami: str | None                 # None: the newest Ubuntu 24.04, by its public SSM parameter
    codedeploy_agent: str


@dataclass(frozen=True, kw_only=True)
class EdgeSettings:
    domain: str
    zone: str                       # create | adopt
    waf: bool
    rate_limit: int
    deletion_protection: bool
    access_log_days: int


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    engine_version: str
    instance_class: str
    multi_az: bool
    storage_gib: int
    max_storage_gib: int
    backup_days: int
    deletion_protection: bool


@dataclass(frozen=True, kw_only=True)
class DeliverySettings:
    allow_outage: bool
    keep_releases_days: int


@dataclass(frozen=True, kw_only=True)
class AlarmSettings:
    mail: tuple[str, ...]
    latency_ms: int


@dataclass(frozen=True, kw_only=True)
class JenkinsSettings:
    enabled: bool
    instance_type: str
    version: str
    volume_gib: int
    swap_mib: int
    webhook_networks: tuple[str, ...]
    admin_networks: tuple[str, ...]


def read_aws(reader: Reader) -> AwsSettings:
    settings = AwsSettings(
        region=reader.text("region", "ap-northeast-2", pattern=r"[a-z]{2}(-[a-z]+)+-\d", example="ap-northeast-2"),
        endpoint=reader.optional_text("endpoint", pattern=r"https?://[\w.-]+(:\d+)?", example="http://127.0.0.1:4580"),
        allowed_account=reader.optional_text("allowed_account", pattern=r"\d{12}", example="'123456789012'"),
    )
    reader.finish()
    return settings


def read_hosts(reader: Reader) -> HostSettings:
    settings = HostSettings(
        ami=reader.optional_text("ami", pattern=r"ami-[0-9a-f]{8,17}", example="ami-0123456789abcdef0"),
        codedeploy_agent=reader.text("codedeploy_agent", "1.8.1-26", pattern=VERSION, example="1.8.1-26"),
    )
    reader.finish()
    return settings


def read_edge(reader: Reader, *, production: bool) -> EdgeSettings:
    settings = EdgeSettings(
        domain=reader.text("domain", None, pattern=DOMAIN, example="coko.example.com"),
        zone=reader.choice("zone", "create", ("create", "adopt")),
        waf=reader.boolean("waf", True),
        rate_limit=reader.integer("rate_limit", 2000, 100, 20_000_000),
        deletion_protection=reader.boolean("deletion_protection", production),
        access_log_days=reader.integer("access_log_days", 90, 1, 3650),
    )
    reader.finish()
    return settings


def read_database(reader: Reader, *, production: bool) -> DatabaseSettings:
    settings = DatabaseSettings(
        engine_version=_engine(reader),
        instance_class=reader.text("instance_class", "db.t4g.small", pattern=r"db\.[a-z0-9]+\.[a-z0-9]+",
                                   example="db.t4g.small"),
        multi_az=reader.boolean("multi_az", True),
        storage_gib=reader.integer("storage_gib", 20, 20, 65536),
        max_storage_gib=reader.integer("max_storage_gib", 100, 20, 65536),
        backup_days=reader.integer("backup_days", 14 if production else 7, 1, 35),
        deletion_protection=reader.boolean("deletion_protection", production),
    )
    if settings.max_storage_gib <= settings.storage_gib:
        reader.note("max_storage_gib", f"{settings.max_storage_gib} is not above storage_gib ({settings.storage_gib})",
                    "room to grow into", f"Write `max_storage_gib: {settings.storage_gib * 2}`.")
    if production and not settings.multi_az:
        reader.note("multi_az", "one zone's failure would take the database of a production stack with it",
                    "true on a production stack", "Write `multi_az: true`.")
    reader.finish()
    return settings


def _engine(reader: Reader) -> str:
    version = reader.text("engine_version", "8.4", pattern=r"\d+\.\d+(\.\d+)?", example="'8.4'")
    major = ".".join(version.split(".")[:2])
    if major not in SUPPORTED_ENGINES:
        why = ENDED_ENGINES.get(major, "RDS does not offer it as a long-term release")
        reader.note("engine_version", f"{version!r} is refused: {why}", f"one of {', '.join(SUPPORTED_ENGINES)}",
                    f"Write `engine_version: '{SUPPORTED_ENGINES[-1]}'`.")
    return version


def read_delivery(reader: Reader) -> DeliverySettings:
    settings = DeliverySettings(
        allow_outage=reader.boolean("allow_outage", False),
        keep_releases_days=reader.integer("keep_releases_days", 180, 30, 3650),
    )
    reader.finish()
    return settings


def read_alarms(reader: Reader, *, production: bool) -> AlarmSettings:
    settings = AlarmSettings(
        mail=reader.texts("mail", pattern=MAIL, example="on-call@example.com"),
        latency_ms=reader.integer("latency_ms", 1000, 10, 60_000),
    )
    if production and not settings.mail:
        reader.note("mail", "nobody would hear an alarm of a production stack", "at least one address",
                    "Write `mail: [on-call@example.com]`.")
    reader.finish()
    return settings


def read_jenkins(reader: Reader) -> JenkinsSettings:
    settings = JenkinsSettings(
        enabled=reader.boolean("enabled", True),
        instance_type=reader.text("instance_type", "t3.medium", pattern=INSTANCE_TYPE, example="t3.medium"),
        version=reader.text("version", "2.580.1", pattern=VERSION, example="2.580.1"),
        volume_gib=reader.integer("volume_gib", 40, 20, 1024),
        swap_mib=reader.integer("swap_mib", 2048, 0, 16384),
        webhook_networks=reader.networks("webhook_networks"),
        admin_networks=reader.networks("admin_networks"),
    )
    if settings.enabled and not big_enough_for_jenkins(settings.instance_type):
        reader.note("instance_type", f"{settings.instance_type} is too small: below 2 vCPU and 4 GiB Jenkins dies",
                    "t3.medium or larger, or any `large`", "Write `instance_type: t3.medium`.")
    for name in ("webhook_networks", "admin_networks"):
        if "0.0.0.0/0" in getattr(settings, name):
            reader.note(name, "0.0.0.0/0 opens Jenkins to the whole internet", "the networks that need it",
                        "Name your code host's hook ranges (or your office's) instead.")
    reader.finish()
    return settings


def big_enough_for_jenkins(instance_type: str) -> bool:
    """2 vCPU and 4 GiB: burstable mediums have both; other families' mediums have one vCPU."""
    family, _, size = instance_type.partition(".")
    return bool(re.fullmatch(r"(\d*x?large|metal.*)", size)) or (size == "medium" and family.startswith("t"))


