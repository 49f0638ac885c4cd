"""One CloudWatch page for the whole system: what visitors notice on top, then the fleets, then the database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch

from infra.tier import METRICS_NAMESPACE

WIDTH, HEIGHT, COLUMNS = 8, 6, 3


@dataclass(frozen=True, kw_only=True)
class DashboardArgs:
    region: str
    alb_suffix: Input[str]
    groups: Mapping[str, Input[str]]        # label -> Auto Scaling group
    database: str


class Dashboard(pulumi.ComponentResource):
    name: Output[str]

    def __init__(self, name: str, args: DashboardArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("coko:infra:Dashboard", name, None, opts)
        body = Output.all(alb=args.alb_suffix, groups={**args.groups}).apply(
            lambda known: json.dumps(page(region=args.region, database=args.database, **known)))
        made = cloudwatch.Dashboard(name, dashboard_name=name, dashboard_body=body, opts=ResourceOptions(parent=self))
        self.name = made.dashboard_name
        self.register_outputs({"name": self.name})


def page(*, region: str, alb: str, groups: Mapping[str, str], database: str) -> dict[str, Any]:
    site: list[list[Any]] = [["AWS/ApplicationELB", metric, "LoadBalancer", alb] for metric in
            ("RequestCount", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count", "TargetResponseTime")]
    fleet: dict[str, list[list[Any]]] = {metric: [[namespace, metric, "AutoScalingGroupName", group, {"label": label}]
                      for label, group in groups.items()]
             for namespace, metric in (("AWS/EC2", "CPUUtilization"), (METRICS_NAMESPACE, "mem_used_percent"),
                                       (METRICS_NAMESPACE, "disk_used_percent"),
                                       ("AWS/AutoScaling", "GroupInServiceInstances"))}
    rds: list[list[Any]] = [["AWS/RDS", metric, "DBInstanceIdentifier", database]
           for metric in ("CPUUtilization", "DatabaseConnections", "FreeStorageSpace")]
    charts: list[tuple[str, str, list[list[Any]]]] = [
        ("Requests", "Sum", site[:1]), ("Errors", "Sum", site[1:3]), ("Latency, p95", "p95", site[3:]),
        ("CPU", "Average", fleet["CPUUtilization"]), ("Memory", "Average", fleet["mem_used_percent"]),
        ("Disk", "Maximum", fleet["disk_used_percent"]), ("Hosts", "Maximum", fleet["GroupInServiceInstances"]),
        *((f"Database: {metric[1]}", "Average", [metric]) for metric in rds),
    ]
    return {"widgets": [_chart(place, region, *chart) for place, chart in enumerate(charts)]}


def _chart(place: int, region: str, title: str, statistic: str, metrics: Sequence[list[Any]]) -> dict[str, Any]:
    row, column = divmod(place, COLUMNS)
    return {"type": "metric", "x": column * WIDTH, "y": row * HEIGHT, "width": WIDTH, "height": HEIGHT,
            "properties": {"title": title, "region": region, "stat": statistic, "period": 60,
                           "metrics": [*metrics], "view": "timeSeries"}}
