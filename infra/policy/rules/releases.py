"""Releases: a bad one is stopped and undone by CodeDeploy itself, and no release is an outage."""

from __future__ import annotations

from infra.policy import kinds
from infra.policy.rule import Findings, Pack, Subject

RELEASES = Pack("CD")
UNDONE_ON = {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"}
TOLD_OF = {"DeploymentFailure", "DeploymentStop", "DeploymentRollback"}


def is_blue_green(group: Subject) -> bool:
    return bool((group["deploymentStyle"] or {}).get("deploymentType") == "BLUE_GREEN")


@RELEASES.rule(1, "A deployment that fails, alarms or is stopped is rolled back", severity="high", controls=None,
               of=kinds.DEPLOYMENT_GROUP)
def rolled_back(group: Subject) -> Findings:
    rollback = group["autoRollbackConfiguration"] or {}
    missing = UNDONE_ON - set(rollback.get("events", []))
    if not rollback.get("enabled") or missing:
        yield group.finding(f"leaves a bad release where it is: {', '.join(sorted(missing)) or 'rollback is off'}",
                            fix="auto_rollback_configuration with all three events")


@RELEASES.rule(2, "Alarms stop deployments", severity="high", controls=None, of=kinds.DEPLOYMENT_GROUP)
def stopped_by_alarms(group: Subject) -> Findings:
    """Names must be those of alarms that exist: CodeDeploy refuses others only when it is too late."""
    known = {alarm.resource.outputs.get("name") for alarm in group.others(kinds.ALARM)}
    watched = group["alarmConfiguration"] or {}
    alarms = watched.get("alarms") or []
    if not watched.get("enabled") or not alarms or watched.get("ignorePollAlarmFailure"):
        yield group.finding("goes on whatever the alarms say", fix="alarm_configuration, enabled, failures not ignored")
    for name in sorted(set(alarms) - known):
        yield group.finding(f"waits for alarm {name}, which nobody makes", fix="pass the alarm's own name")


@RELEASES.rule(3, "No deployment of a production stack takes every host at once", severity="critical", controls=None,
               of=kinds.DEPLOYMENT_GROUP, where=lambda group: not is_blue_green(group), production_only=True)
def never_all_at_once(group: Subject) -> Findings:
    allowed = group.program.settings.delivery.allow_outage
    if group["deploymentConfigName"] == "CodeDeployDefault.AllAtOnce" and not allowed:
        yield group.finding("stops the whole tier in place: an outage", fix="strategy: half_at_a_time")


@RELEASES.rule(4, "Hosts leave the balancer while a release is installed", severity="high", controls=None,
               of=kinds.DEPLOYMENT_GROUP)
def traffic_is_controlled(group: Subject) -> Findings:
    known = {target.resource.outputs.get("name") for target in group.others(kinds.TARGET_GROUP)}
    named = {one.get("name") for one in (group["loadBalancerInfo"] or {}).get("targetGroupInfos", [])}
    if (group["deploymentStyle"] or {}).get("deploymentOption") != "WITH_TRAFFIC_CONTROL" or not named & known:
        yield group.finding("installs under running requests",
                            fix='"WITH_TRAFFIC_CONTROL" and the tier\'s target group')


@RELEASES.rule(5, "Hosts that were launched during a deployment get it as well", severity="medium", controls=None,
               of=kinds.DEPLOYMENT_GROUP)
def nobody_is_left_behind(group: Subject) -> Findings:
    if group["outdatedInstancesStrategy"] != "UPDATE":
        yield group.finding("may leave hosts on an old release", fix='outdated_instances_strategy="UPDATE"')


@RELEASES.rule(6, "Blue/green uses the program's own two fleets, and ends neither", severity="high", controls=None,
               of=kinds.DEPLOYMENT_GROUP, where=is_blue_green)
def fleets_are_the_programs(group: Subject) -> Findings:
    """A fleet that CodeDeploy copies is unknown to Pulumi, and the one it deletes is missed."""
    config = group["blueGreenDeploymentConfig"] or {}
    if (config.get("greenFleetProvisioningOption") or {}).get("action") != "DISCOVER_EXISTING":
        yield group.finding("lets CodeDeploy copy the fleet", fix='action="DISCOVER_EXISTING"')
    if (config.get("terminateBlueInstancesOnDeploymentSuccess") or {}).get("action") != "KEEP_ALIVE":
        yield group.finding("lets CodeDeploy end the old fleet", fix='action="KEEP_ALIVE"')


@RELEASES.rule(7, "On-call hears of every failed, stopped or undone deployment", severity="medium", controls=None,
               of=kinds.DEPLOYMENT_GROUP)
def somebody_is_told(group: Subject) -> Findings:
    topics = {topic.arn for topic in group.others(kinds.TOPIC)}
    told = {event for trigger in group["triggerConfigurations"] or [] if trigger["triggerTargetArn"] in topics
            for event in trigger["triggerEvents"]}
    if TOLD_OF - told:
        yield group.finding(f"says nothing of {', '.join(sorted(TOLD_OF - told))}", fix="trigger_configurations")
