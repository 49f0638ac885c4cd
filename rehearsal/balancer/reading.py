"""What the ELBv2 and EC2 APIs answer, made into the model. What cannot be run here is said, never quietly left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.balancer.model import (
    Action,
    Balancer,
    Condition,
    FixedResponse,
    Forward,
    HealthCheck,
    Listener,
    Model,
    Redirect,
    Rule,
    Target,
    TargetGroup,
)

Client = Any        # boto3 makes its clients at run time
VALUES = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig", "source-ip": "SourceIpConfig",
          "http-request-method": "HttpRequestMethodConfig", "http-header": "HttpHeaderConfig",
          "query-string": "QueryStringConfig"}
USABLE = ("pending", "running")


class Unsupported(Exception):
    """AWS can do this, the rehearsal's balancers cannot."""


def read(elbv2: Client, ec2: Client) -> Model:
    groups = {row["TargetGroupArn"]: row for row in pages(elbv2, "describe_target_groups", "TargetGroups")}
    registered = {arn: registrations(elbv2, arn) for arn in groups}
    instances = _instances(ec2, {row["Id"] for rows in registered.values() for row in rows})
    known = {arn: target_group(row, attributes(elbv2, arn), registered[arn], instances) for arn, row in groups.items()}
    balancers, problems = [], {}
    for row in pages(elbv2, "describe_load_balancers", "LoadBalancers"):
        try:
            balancers.append(_balancer(elbv2, row))
        except Unsupported as why:
            problems[row["LoadBalancerArn"]] = str(why)
    return Model(tuple(balancers), known, problems)


def pages(client: Client, operation: str, key: str, **params: Any) -> list[dict[str, Any]]:
    return [row for page in client.get_paginator(operation).paginate(**params) for row in page[key]]


def attributes(elbv2: Client, target_group: str) -> dict[str, str]:
    rows = elbv2.describe_target_group_attributes(TargetGroupArn=target_group)["Attributes"]
    return {row["Key"]: row["Value"] for row in rows}


def registrations(elbv2: Client, target_group: str) -> list[dict[str, Any]]:
    """Those that are registered: what drains is known to HAProxy, and no longer wanted."""
    rows = elbv2.describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
    return [row["Target"] for row in rows if row["TargetHealth"]["State"] != "draining"]


def _instances(ec2: Client, names: set[str]) -> dict[str, dict[str, Any]]:
    """Terminated ones are forgotten after a while, so a filter: asking for an id that is gone is an error."""
    wanted = sorted(name for name in names if name.startswith("i-"))
    if not wanted:
        return {}
    rows = pages(ec2, "describe_instances", "Reservations", Filters=[{"Name": "instance-id", "Values": wanted}])
    return {each["InstanceId"]: each for row in rows for each in row["Instances"]}


def target_group(row: Mapping[str, Any], about: Mapping[str, str], registered: Sequence[Mapping[str, Any]],
                 instances: Mapping[str, Mapping[str, Any]]) -> TargetGroup:
    targets = tuple(sorted((target(one, row, instances) for one in registered), key=lambda one: one.key))
    network = row["Protocol"] in ("TCP", "TLS")
    cut = not network or about.get("deregistration_delay.connection_termination.enabled") == "true"
    return TargetGroup(row["TargetGroupArn"], row["Protocol"], health_check(row),
                       float(about.get("deregistration_delay.timeout_seconds", 300)), cut, targets)


def health_check(row: Mapping[str, Any]) -> HealthCheck:
    port = row.get("HealthCheckPort", "traffic-port")
    return HealthCheck(
        row.get("HealthCheckProtocol") or row["Protocol"], row.get("HealthCheckPath") or "/",
        None if port == "traffic-port" else int(port), float(row.get("HealthCheckIntervalSeconds", 30)),
        float(row.get("HealthCheckTimeoutSeconds", 5)), int(row.get("HealthyThresholdCount", 5)),
        int(row.get("UnhealthyThresholdCount", 2)), (row.get("Matcher") or {}).get("HttpCode", "200"))


def target(registered: Mapping[str, Any], row: Mapping[str, Any],
           instances: Mapping[str, Mapping[str, Any]]) -> Target:
    name, port = registered["Id"], int(registered.get("Port") or row["Port"])
    if row.get("TargetType", "instance") == "ip":
        return Target(name, port, name)
    instance = instances.get(name, {})
    state = instance.get("State", {}).get("Name", "terminated")
    if state not in USABLE:
        return Target(name, port, None, f"Target is in the {state} state")
    return Target(name, port, instance.get("PrivateIpAddress"))


def _balancer(elbv2: Client, row: Mapping[str, Any]) -> Balancer:
    arn = row["LoadBalancerArn"]
    about = {each["Key"]: each["Value"]
             for each in elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]}
    listeners = tuple(_listener(elbv2, each) for each in
                      sorted(pages(elbv2, "describe_listeners", "Listeners", LoadBalancerArn=arn),
                             key=lambda listener: int(listener["Port"])))
    return Balancer(arn, row["LoadBalancerName"], row["Type"], listeners,
                    float(about.get("idle_timeout.timeout_seconds", 60)),
                    about.get("routing.http.drop_invalid_header_fields.enabled") == "true",
                    row["Type"] == "application" and about.get("access_logs.s3.enabled") == "true")


def _listener(elbv2: Client, row: Mapping[str, Any]) -> Listener:
    if row["Protocol"] not in ("HTTP", "HTTPS", "TCP"):
        raise Unsupported(f"a {row['Protocol']} listener")
    arn = row["ListenerArn"]
    rules = pages(elbv2, "describe_rules", "Rules", ListenerArn=arn)
    ordered = sorted((rule(each) for each in rules), key=lambda one: (one.priority == "default", _number(one)))
    shown = [each["CertificateArn"] for each in row.get("Certificates", [])]
    if shown:
        more = elbv2.describe_listener_certificates(ListenerArn=arn)["Certificates"]
        shown += [each["CertificateArn"] for each in more if each["CertificateArn"] not in shown]
    return Listener(arn, int(row["Port"]), row["Protocol"], tuple(ordered), tuple(shown), row.get("SslPolicy") or "")


def _number(one: Rule) -> int:
    return 0 if one.priority == "default" else int(one.priority)


def rule(row: Mapping[str, Any]) -> Rule:
    return Rule(str(row["Priority"]), tuple(condition(each) for each in row.get("Conditions", [])),
                action(row["Actions"]))


def condition(row: Mapping[str, Any]) -> Condition:
    kind = row["Field"]
    if kind not in VALUES:
        raise Unsupported(f"a rule's condition on {kind}")
    about = row.get(VALUES[kind]) or {}
    values = about.get("Values") or row.get("Values") or []
    if kind == "query-string":
        values = [f"{each['Key']}={each['Value']}" if each.get("Key") else f"*{each['Value']}*" for each in values]
    return Condition(kind, tuple(values), about.get("HttpHeaderName", ""))


def action(rows: Sequence[Mapping[str, Any]]) -> Action:
    """The last one decides; what comes before it would ask a person to log in."""
    if len(rows) != 1:
        raise Unsupported("a rule with more than one action")
    row = rows[0]
    if row["Type"] == "forward":
        return Forward(_forwarded_to(row))
    if row["Type"] == "redirect":
        about = row["RedirectConfig"]
        given = {key.lower(): value for key, value in about.items() if key != "StatusCode" and value is not None}
        return Redirect(int(about["StatusCode"].removeprefix("HTTP_")), **given)
    if row["Type"] == "fixed-response":
        about = row["FixedResponseConfig"]
        return FixedResponse(int(about["StatusCode"]), about.get("ContentType") or "", about.get("MessageBody") or "")
    raise Unsupported(f"an action of type {row['Type']}")


def _forwarded_to(row: Mapping[str, Any]) -> str:
    if row.get("TargetGroupArn"):
        return str(row["TargetGroupArn"])
    weighted = [each for each in row["ForwardConfig"]["TargetGroups"] if each.get("Weight", 1)]
    if len(weighted) != 1:
        raise Unsupported("a forward that is weighed between target groups")
    return str(weighted[0]["TargetGroupArn"])
