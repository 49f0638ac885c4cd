"""The actions that may stand beside `"Resource": "*"`, each with its reason.

A test asks an independent list of AWS's actions whether the reasons are true.
"""

from __future__ import annotations

NO_RESOURCES = "AWS knows no resource type for it: anything but * would deny it"

# There is a type, but naming it would gain nothing or break the agent.
REASONS = {
    "ssm:UpdateInstanceInformation": "the SSM agent's own call; a host's id is not known before it runs",
}

NARROWEST: dict[str, str] = {
    **dict.fromkeys((
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeLifecycleHooks",
        "cloudwatch:PutMetricData",             # its namespace is a condition, which a rule of its own asks for
        "codedeploy:BatchGetDeploymentTargets",
        "codedeploy:ContinueDeployment",
        "codedeploy:ListDeploymentTargets",
        "codedeploy:StopDeployment",
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceStatus",
        "ec2:DescribeTags",
        "ec2:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "logs:DescribeLogGroups",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
        "tag:GetResources",
    ), NO_RESOURCES),
    **REASONS,
}
