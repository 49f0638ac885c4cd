"""Mistakes in how releases are shipped, and in what is watched."""

from __future__ import annotations

from infra.policy import kinds
from tests.infra.policy.draft import breaks, drop, put, remove

WEB, WAS = (kinds.DEPLOYMENT_GROUP, "coko-web"), (kinds.DEPLOYMENT_GROUP, "coko-was")
FAILURE_ONLY = ["DEPLOYMENT_FAILURE"]

RELEASES = (
    breaks("CD-1", put(*WEB, autoRollbackConfiguration__enabled=False)),
    breaks("CD-1", put(*WAS, autoRollbackConfiguration__events=FAILURE_ONLY)),
    breaks("CD-2", put(*WEB, alarmConfiguration=None)),
    breaks("CD-2", put(*WEB, alarmConfiguration__alarms=[])),
    breaks("CD-2", put(*WEB, alarmConfiguration__ignorePollAlarmFailure=True)),
    breaks("CD-2", put(*WEB, alarmConfiguration__alarms=["an-alarm-of-another-stack"])),
    breaks("CD-3", put(*WAS, deploymentConfigName="CodeDeployDefault.AllAtOnce")),
    breaks("CD-4", put(*WAS, deploymentStyle__deploymentOption="WITHOUT_TRAFFIC_CONTROL")),
    breaks("CD-4", put(*WAS, loadBalancerInfo=None)),
    breaks("CD-5", drop(*WAS, "outdatedInstancesStrategy")),
    breaks("CD-6", put(*WEB, blueGreenDeploymentConfig__greenFleetProvisioningOption={
        "action": "COPY_AUTO_SCALING_GROUP"})),
    breaks("CD-6", put(*WEB, blueGreenDeploymentConfig__terminateBlueInstancesOnDeploymentSuccess={
        "action": "TERMINATE"})),
    breaks("CD-7", put(*WEB, triggerConfigurations__0__triggerEvents=["DeploymentFailure"])),
    breaks("CD-7", put(*WEB, triggerConfigurations__0__triggerTargetArn="arn:aws:sns:::nobody-listens")),

    breaks("LOG-1", drop(kinds.LOG_GROUP, "coko-web", "retentionInDays")),
    breaks("LOG-2", drop(kinds.LOG_GROUP, "coko-flow", "kmsKeyId")),
    breaks("LOG-3", put(kinds.ALARM, "coko-web-blue-grow", alarmActions=[])),
    # An alarm that tells nobody does not watch its database either.
    breaks("LOG-3", put(kinds.ALARM, "coko-database-cpu", alarmActions=[]), also=("LOG-8",)),
    breaks("LOG-4", put(kinds.ALARM, "coko-site-latency", actionsEnabled=False)),
    breaks("LOG-5", put(kinds.ALARM, "coko-site-latency", okActions=[])),
    breaks("LOG-6", put(kinds.ALARM, "coko-web-unhealthy", metricName="HealthyHostCount")),
    # The deployment group waits for that alarm by name.
    breaks("LOG-6", remove(kinds.ALARM, "coko-was-unhealthy"), also=("CD-2",)),
    breaks("LOG-7", remove(kinds.ALARM, "coko-web-green-disk")),
    breaks("LOG-8", remove(kinds.ALARM, "coko-database-storage")),
    breaks("LOG-9", put(kinds.ALARM, "coko-site-target-errors", metricName="HTTPCode_Target_4XX_Count")),
)
