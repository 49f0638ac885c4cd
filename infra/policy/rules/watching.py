"""Watching: logs that end and are encrypted, alarms that reach somebody, and none missing where it would hurt."""

from __future__ import annotations

from infra.policy import kinds
from infra.policy.rule import Findings, Pack, Subject
from infra.policy.rules.fleets import is_served

WATCHING = Pack("LOG")
OF_FLEETS = {"CPUUtilization", "mem_used_percent", "disk_used_percent"}
OF_DATABASES = {"CPUUtilization", "FreeStorageSpace", "DatabaseConnections"}
OF_THE_SITE = {"HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count", "TargetResponseTime"}


@WATCHING.rule(1, "Logs end", severity="low", controls=None, of=kinds.LOG_GROUP)
def logs_end(group: Subject) -> Findings:
    if not group["retentionInDays"]:
        yield group.finding("is kept, and paid for, for ever", fix="retention_in_days")


@WATCHING.rule(2, "Logs are encrypted with the stack's own key", severity="medium", controls=None, of=kinds.LOG_GROUP)
def logs_are_encrypted(group: Subject) -> Findings:
    if group["kmsKeyId"] not in [key.arn for key in group.others(kinds.KEY)]:
        yield group.finding("is readable to whoever may read logs: no key stands before it", fix="kms_key_id")


@WATCHING.rule(3, "Every alarm does something", severity="high", controls=("CloudWatch.15",), of=kinds.ALARM)
def alarms_act(alarm: Subject) -> Findings:
    if not alarm["alarmActions"]:
        yield alarm.finding("rings where nobody is", fix="alarm_actions with the topic")


@WATCHING.rule(4, "No alarm is switched off", severity="high", controls=("CloudWatch.17",), of=kinds.ALARM)
def alarms_are_on(alarm: Subject) -> Findings:
    if alarm["actionsEnabled"] is False:
        yield alarm.finding("is switched off", fix="remove actions_enabled=False")


@WATCHING.rule(5, "Who is told of an alarm is told of its end", severity="low", controls=None, of=kinds.ALARM,
               where=lambda alarm: bool(topics_of(alarm)))
def alarms_end(alarm: Subject) -> Findings:
    silent = topics_of(alarm) - set(alarm["okActions"] or [])
    if silent:
        yield alarm.finding("never says that it is over", fix="ok_actions with the same topic")


@WATCHING.rule(6, "Unhealthy hosts of every tier raise an alarm", severity="high", controls=None,
               of=kinds.TARGET_GROUP, where=is_served)
def tiers_are_watched(tier: Subject) -> Findings:
    suffix = tier.resource.outputs.get("arnSuffix")
    if "UnHealthyHostCount" not in watched(tier, TargetGroup=suffix):
        yield tier.finding("may lose its hosts in silence", fix="an alarm on UnHealthyHostCount")


@WATCHING.rule(7, "CPU, memory and disk of every fleet raise an alarm", severity="medium", controls=None,
               of=kinds.GROUP)
def fleets_are_watched(fleet: Subject) -> Findings:
    missing = OF_FLEETS - watched(fleet, AutoScalingGroupName=fleet.resource.outputs.get("name"))
    if missing:
        yield fleet.finding(f"has no alarm on {', '.join(sorted(missing))}", fix="an alarm for each")


@WATCHING.rule(8, "CPU, storage and connections of every database raise an alarm", severity="high", controls=None,
               of=kinds.DATABASE)
def databases_are_watched(database: Subject) -> Findings:
    missing = OF_DATABASES - watched(database, DBInstanceIdentifier=database["identifier"])
    if missing:
        yield database.finding(f"has no alarm on {', '.join(sorted(missing))}", fix="an alarm for each")


@WATCHING.rule(9, "What visitors notice raises an alarm: errors and slow answers", severity="high", controls=None,
               of=kinds.BALANCER, where=lambda balancer: balancer["internal"] is False)
def the_site_is_watched(balancer: Subject) -> Findings:
    missing = OF_THE_SITE - watched(balancer, LoadBalancer=balancer.resource.outputs.get("arnSuffix"))
    if missing:
        yield balancer.finding(f"has no alarm on {', '.join(sorted(missing))}", fix="an alarm for each")


def topics_of(alarm: Subject) -> set[str]:
    topics = {topic.arn for topic in alarm.others(kinds.TOPIC)}
    return topics & set(alarm["alarmActions"] or [])


def watched(subject: Subject, **dimension: str | None) -> set[str]:
    """The metrics of one thing that some alarm tells a person about: scaling alarms only move the fleet."""
    (key, value), = dimension.items()
    return {alarm["metricName"] for alarm in subject.others(kinds.ALARM)
            if (alarm["dimensions"] or {}).get(key) == value and topics_of(alarm)}
