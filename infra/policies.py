"""What each role may do: IAM documents as pure functions of plain values. Every `*` says why it must be one."""

from __future__ import annotations

from typing import Any

Statement = dict[str, Any]


def document(*statements: Statement) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [*statements]}


def statement(sid: str, actions: list[str], resources: str | list[str], **more: Any) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources, **more}


def trust(service: str, account: str | None = None) -> dict[str, Any]:
    """`account`: for a service that works for many accounts at once, the one that it may take the role for."""
    only = {"Condition": {"StringEquals": {"aws:SourceAccount": account}}} if account else {}
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **only})


def session_manager() -> dict[str, Any]:
    """What the SSM agent needs for sessions. Its message channels have no resource types: AWS knows only `*` there."""
    return document(statement("SessionChannels", [
        "ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
    ], "*"))


def telemetry(*, log_groups: list[str], namespace: str) -> dict[str, Any]:
    """Metrics into one namespace (PutMetricData has no resources, only that condition), logs into named groups."""
    return document(
        statement("Metrics", ["cloudwatch:PutMetricData"], "*",
                  Condition={"StringEquals": {"cloudwatch:namespace": namespace}}),
        statement("Logs", ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                  [f"{group}:*" for group in log_groups]),
        # How the CloudWatch agent learns its group's name, by which the alarms know it. No resource types.
        statement("Tags", ["ec2:DescribeTags"], "*"),
    )


def fetch_releases(*, bucket: str, tier: str, key: str, agent_bucket: str) -> dict[str, Any]:
    """A tier's own releases, and the CodeDeploy agent's packages from AWS's own bucket of the region."""
    return document(
        statement("Releases", ["s3:GetObject", "s3:GetObjectVersion"], f"{bucket}/{tier}/*"),
        statement("Agent", ["s3:GetObject"], f"{agent_bucket}/*"),
        statement("Decrypt", ["kms:Decrypt"], key),
    )


def read_settings(*, parameters: list[str]) -> dict[str, Any]:
    return document(statement("Parameters", ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"],
                              parameters))


def publish_host_keys(*, parameter: str) -> dict[str, Any]:
    """Once: who comes later cannot pretend to be a host that was there before."""
    return document(statement("HostKeys", ["ssm:PutParameter"], parameter,
                              Condition={"StringEquals": {"ssm:Overwrite": "false"}}))


def read_secret(*, secret: str, key: str) -> dict[str, Any]:
    return document(
        statement("Secret", ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], secret),
        statement("Decrypt", ["kms:Decrypt"], key),
    )


def deploy_service(*, groups: list[str], target_groups: list[str], topic: str, key: str,
                   alarms: str) -> dict[str, Any]:
    """CodeDeploy's own role. The Describe calls have no resource types, alarms' excepted."""
    return document(
        statement("See", [
            "autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeLifecycleHooks", "ec2:DescribeInstances",
            "ec2:DescribeInstanceStatus", "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth", "tag:GetResources",
        ], "*"),
        statement("Listen", ["cloudwatch:DescribeAlarms"], alarms),
        statement("Hold", [
            "autoscaling:PutLifecycleHook", "autoscaling:DeleteLifecycleHook", "autoscaling:CompleteLifecycleAction",
            "autoscaling:RecordLifecycleActionHeartbeat", "autoscaling:SuspendProcesses", "autoscaling:ResumeProcesses",
        ], groups),
        statement("Traffic", ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"],
                  target_groups),
        statement("Tell", ["sns:Publish"], topic),
        statement("TellEncrypted", ["kms:GenerateDataKey", "kms:Decrypt"], key),
    )


def jenkins_delivery(*, bucket: str, key: str, application: str, groups: list[str], configs: list[str],
                     parameters: str, releases: str, scaling_groups: list[str], alarms: str) -> dict[str, Any]:
    """What a build may do: publish a release, deploy it, watch it, stop it. It may not change infrastructure."""
    return document(
        statement("Publish", ["s3:PutObject", "s3:GetObject", "s3:GetObjectVersion"],
                  [f"{bucket}/web/*", f"{bucket}/was/*"]),
        statement("Compare", ["s3:ListBucket"], bucket, Condition={"StringLike": {"s3:prefix": ["web/*", "was/*"]}}),
        statement("Versioned", ["s3:GetBucketVersioning"], bucket),
        statement("Configuration", ["s3:GetObject", "s3:GetObjectVersion"], f"{bucket}/jenkins/*"),
        statement("Encrypt", ["kms:GenerateDataKey", "kms:Decrypt"], key),
        statement("Register", ["codedeploy:RegisterApplicationRevision", "codedeploy:GetApplicationRevision",
                               "codedeploy:ListApplicationRevisions", "codedeploy:GetApplication"], application),
        statement("Deploy", [
            "codedeploy:CreateDeployment", "codedeploy:GetDeployment", "codedeploy:ListDeployments",
            "codedeploy:GetDeploymentGroup", "codedeploy:UpdateDeploymentGroup", "codedeploy:BatchGetDeployments",
        ], groups),
        # AWS has no resource types for what is asked by a deployment's id: naming the groups would deny it.
        statement("Follow", ["codedeploy:StopDeployment", "codedeploy:ContinueDeployment",
                             "codedeploy:ListDeploymentTargets", "codedeploy:BatchGetDeploymentTargets"], "*"),
        statement("Strategies", ["codedeploy:GetDeploymentConfig"], configs),
        statement("Contract", ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"], parameters),
        statement("Record", ["ssm:PutParameter"], releases),
        statement("Colours", ["autoscaling:UpdateAutoScalingGroup", "autoscaling:SetDesiredCapacity",
                              "autoscaling:SuspendProcesses", "autoscaling:ResumeProcesses"], scaling_groups),
        # The Describe calls have no resource types.
        statement("See", ["autoscaling:DescribeAutoScalingGroups", "elasticloadbalancing:DescribeTargetHealth",
                          "ec2:DescribeInstances"], "*"),
        statement("Listen", ["cloudwatch:DescribeAlarms"], alarms),
    )


def flow_logs(*, log_group: str) -> dict[str, Any]:
    """Looking for the group has no resource type: AWS knows only `*` there."""
    return document(
        statement("Write", ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                  [log_group, f"{log_group}:*"]),
        statement("Find", ["logs:DescribeLogGroups"], "*"),
    )
