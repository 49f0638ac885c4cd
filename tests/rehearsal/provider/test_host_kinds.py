"""Launch templates, fleets, single instances, disks, the database, and what watches and deploys to them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

import pytest

from rehearsal.provider.aws import Aws
from rehearsal.provider.provider import Provider
from tests.rehearsal.provider.lives import Life
from tests.rehearsal.provider.test_access_kinds import trust


@dataclass
class Place:
    subnets: list[str]
    group: str
    image: str


@pytest.fixture(scope="module")
def place(aws: Aws) -> Place:
    vpc = aws.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [aws.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=f"ap-northeast-2{zone}")[
        "Subnet"]["SubnetId"] for n, zone in enumerate("ab")]
    group = aws.ec2.create_security_group(GroupName="hosts", Description="hosts", VpcId=vpc)["GroupId"]
    images = aws.ec2.describe_images()["Images"]
    return Place(subnets, group, images[0]["ImageId"])


def template(provider: Provider, place: Place) -> Life:
    return Life.begin(
        provider, "aws:ec2/launchTemplate:LaunchTemplate", imageId=place.image, instanceType="t3.micro",
        userData=base64.b64encode(b"#!/bin/sh").decode(), vpcSecurityGroupIds=[place.group], updateDefaultVersion=True,
        metadataOptions={"httpTokens": "required", "httpEndpoint": "enabled"}, monitoring={"enabled": True},
        blockDeviceMappings=[{"deviceName": "/dev/sda1", "ebs": {"volumeSize": 8, "encrypted": "true"}}],
        tagSpecifications=[{"resourceType": "instance", "tags": {"Name": "host"}}])


def test_a_changed_template_has_another_version(provider: Provider, place: Place, aws: Aws) -> None:
    made = template(provider, place)
    assert made.outputs["latestVersion"] == 1
    made.change(instanceType="t3.small")
    assert made.outputs["latestVersion"] == made.outputs["defaultVersion"] == 2
    versions = aws.ec2.describe_launch_template_versions(LaunchTemplateId=made.id)["LaunchTemplateVersions"]
    data = {v["VersionNumber"]: v["LaunchTemplateData"] for v in versions}
    assert {n: d["InstanceType"] for n, d in data.items()} == {1: "t3.micro", 2: "t3.small"}
    assert data[2]["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    made.end()


def test_fleets_scaling_and_delivery(provider: Provider, place: Place, aws: Aws) -> None:
    source = template(provider, place)
    fleet = Life.begin(
        provider, "aws:autoscaling/group:Group", minSize=1, maxSize=3, desiredCapacity=2, healthCheckType="EC2",
        vpcZoneIdentifiers=place.subnets, launchTemplate={"id": source.id, "version": "1"},
        tags=[{"key": "Name", "value": "h", "propagateAtLaunch": True}], enabledMetrics=["GroupMaxSize"])
    live = aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[fleet.id])["AutoScalingGroups"][0]
    assert [i["LifecycleState"] for i in live["Instances"]] == ["InService"] * 2
    fleet.change(maxSize=4, suspendedProcesses=["AZRebalance"],
                 tags=[{"key": "tier", "value": "web", "propagateAtLaunch": True}])
    live = aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[fleet.id])["AutoScalingGroups"][0]
    assert (live["MaxSize"], [t["Key"] for t in live["Tags"]]) == (4, ["tier"])
    policy = Life.begin(provider, "aws:autoscaling/policy:Policy", autoscalingGroupName=fleet.id,
                        policyType="StepScaling",
                        adjustmentType="ChangeInCapacity", metricAggregationType="Average",
                        stepAdjustments=[{"scalingAdjustment": 2, "metricIntervalLowerBound": "0"}])
    policy.change(stepAdjustments=[{"scalingAdjustment": 1, "metricIntervalLowerBound": "0"}])
    alarm = Life.begin(provider, "aws:cloudwatch/metricAlarm:MetricAlarm", metricName="CPUUtilization",
                       namespace="AWS/EC2",
                       statistic="Average", period=60, evaluationPeriods=2, threshold=70.0, alarmDescription="busy",
                       comparisonOperator="GreaterThanThreshold", alarmActions=[policy.outputs["arn"]],
                       dimensions={"AutoScalingGroupName": fleet.id})
    alarm.change(threshold=80.0, treatMissingData="breaching")
    assert aws.cloudwatch.describe_alarms(AlarmNames=[alarm.id])["MetricAlarms"][0]["Threshold"] == 80
    parts = delivery(provider, fleet, alarm)
    for life in (*parts, alarm, policy, fleet, source):
        life.end()


def delivery(provider: Provider, fleet: Life, alarm: Life) -> list[Life]:
    role = Life.begin(provider, "aws:iam/role:Role", "deploy", assumeRolePolicy=trust("codedeploy.amazonaws.com"))
    application = Life.begin(provider, "aws:codedeploy/application:Application", "trial")
    config = Life.begin(provider, "aws:codedeploy/deploymentConfig:DeploymentConfig", "trial",
                        minimumHealthyHosts={"type": "FLEET_PERCENT", "value": 50})
    group = Life.begin(
        provider, "aws:codedeploy/deploymentGroup:DeploymentGroup", appName=application.inputs["name"],
        deploymentGroupName="trial", serviceRoleArn=role.outputs["arn"], autoscalingGroups=[fleet.id],
        deploymentConfigName=config.id, alarmConfiguration={"enabled": True, "alarms": [alarm.id]},
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
        deploymentStyle={"deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL"})
    group.change(deploymentConfigName="CodeDeployDefault.AllAtOnce",
                 autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE",
                                                                        "DEPLOYMENT_STOP_ON_ALARM"]})
    return [group, config, application, role]


def test_an_instance_with_a_disk(provider: Provider, place: Place, aws: Aws) -> None:
    host = Life.begin(provider, "aws:ec2/instance:Instance", ami=place.image, instanceType="t3.medium",
                      subnetId=place.subnets[0], vpcSecurityGroupIds=[place.group], userData="#!/bin/sh",
                      userDataReplaceOnChange=True, metadataOptions={"httpTokens": "required"},
                      tags={"Name": "jenkins"})
    assert host.replaced_by(userData="#!/bin/bash") == ("userData",)
    host.change(instanceType="t3.large", tags={"Name": "other"})
    live = aws.ec2.describe_instances(InstanceIds=[host.id])["Reservations"][0]["Instances"][0]
    assert (live["InstanceType"], live["State"]["Name"]) == ("t3.large", "running")
    disk = Life.begin(provider, "aws:ebs/volume:Volume", availabilityZone="ap-northeast-2a", size=20, type="gp3",
                      encrypted=True)
    disk.change(size=40)
    held = Life.begin(provider, "aws:ec2/volumeAttachment:VolumeAttachment", deviceName="/dev/sdf", instanceId=host.id,
                      volumeId=disk.id)
    assert aws.ec2.describe_volumes(VolumeIds=[disk.id])["Volumes"][0]["Attachments"][0]["InstanceId"] == host.id
    for life in (held, disk, host):
        life.end()


def test_a_database(provider: Provider, place: Place, aws: Aws) -> None:
    where = Life.begin(provider, "aws:rds/subnetGroup:SubnetGroup", subnetIds=place.subnets)
    how = Life.begin(provider, "aws:rds/parameterGroup:ParameterGroup", family="mysql8.4",
                     parameters=[{"name": "max_connections", "value": "100"}])
    how.change(parameters=[{"name": "max_connections", "value": "120"}])
    data = Life.begin(
        provider, "aws:rds/instance:Instance", instanceClass="db.t4g.small", engine="mysql", engineVersion="8.4",
        allocatedStorage=20, username="coko", manageMasterUserPassword=True, dbSubnetGroupName=where.id, multiAz=True,
        parameterGroupName=how.id, vpcSecurityGroupIds=[place.group], skipFinalSnapshot=True, backupRetentionPeriod=7)
    assert data.outputs["endpoint"] == f"{data.outputs['address']}:3306"
    assert data.outputs["masterUserSecrets"][0]["secretArn"].startswith("arn:aws:secretsmanager:")
    data.change(backupRetentionPeriod=14, applyImmediately=True, tags={"Name": "db"})
    live = aws.rds.describe_db_instances(DBInstanceIdentifier=data.inputs["identifier"])["DBInstances"][0]
    assert live["BackupRetentionPeriod"] == 14
    for life in (data, how, where):
        life.end()


def test_logs_and_dashboards(provider: Provider, aws: Aws) -> None:
    logs = Life.begin(provider, "aws:cloudwatch/logGroup:LogGroup", name="/trial/logs", retentionInDays=7)
    logs.change(retentionInDays=30, tags={"Name": "l"})
    assert aws.logs.describe_log_groups(logGroupNamePrefix="/trial/logs")["logGroups"][0]["retentionInDays"] == 30
    board = Life.begin(provider, "aws:cloudwatch/dashboard:Dashboard", dashboardName="trial",
                       dashboardBody=json.dumps({"widgets": []}))
    board.change(dashboardBody=json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "x"}}]}))
    logs.end()
    board.end()
