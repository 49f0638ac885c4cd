"""Settings of the network: how large, over how many zones, and how private hosts reach the internet."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from infra.settings.reading import Reader

NAT_MODES = ("per_az", "single", "none")
SMALLEST_PREFIX = 22    # three zones of public, private and database subnets, each with room to scale


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    cidr: str
    zones: int
    nat: str
    interface_endpoints: bool
    flow_log_days: int


def read(reader: Reader, *, collectors: bool) -> NetworkSettings:
    settings = NetworkSettings(
        cidr=_cidr(reader),
        zones=reader.integer("zones", 2, 2, 3),
        nat=reader.choice("nat", "per_az", NAT_MODES),
        interface_endpoints=reader.boolean("interface_endpoints", False),
        flow_log_days=retention(reader, "flow_log_days", 30),
    )
    if settings.nat == "none" and collectors:
        reader.note("nat", "'none' leaves WAS hosts without a way out",
                    "the collectors fetch from public APIs (data.go.kr, openapi.seoul.go.kr, openapi.naver.com)",
                    "Write `nat: single` (cheapest), or `collectors: false` under `coko:was`.")
    if settings.nat == "none" and not settings.interface_endpoints:
        reader.note("nat", "'none' leaves hosts without a way to AWS itself",
                    "CodeDeploy, SSM and CloudWatch are reached through NAT or interface endpoints",
                    "Write `interface_endpoints: true` as well.")
    reader.finish()
    return settings


def _cidr(reader: Reader) -> str:
    value = reader.text("cidr", "10.0.0.0/16", pattern=r"[\d.]+/\d+", example="10.0.0.0/16")
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        reader.note("cidr", f"{value!r} is not a network ({error})", "a private IPv4 network in CIDR form",
                    "Write for example `cidr: 10.0.0.0/16`.")
        return "10.0.0.0/16"
    if not network.is_private or not 16 <= network.prefixlen <= SMALLEST_PREFIX:
        reader.note("cidr", f"{value} is not usable", f"a private network between /16 and /{SMALLEST_PREFIX}",
                    "Write for example `cidr: 10.0.0.0/16`.")
    return value


# The only values CloudWatch Logs takes for a log group's retention, up to two years.
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)


def retention(reader: Reader, name: str, default: int) -> int:
    days = reader.integer(name, default, 1, 731)
    if days not in RETENTION_DAYS:
        nearest = min(RETENTION_DAYS, key=lambda allowed: abs(allowed - days))
        reader.note(name, f"{days} is not one of CloudWatch's retentions",
                    f"one of {', '.join(map(str, RETENTION_DAYS))}", f"Write `{name}: {nearest}`.")
        return default
    return days
