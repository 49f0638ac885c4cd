"""The ARNs that AWS would give: in AWS's own shapes, so that IAM documents can be checked against what they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Per resource type: the service, whether the ARN has a region and an account, and its last part.
SHAPES: dict[str, tuple[str, str]] = {
    "aws:acm/certificate:Certificate": ("acm:{region}:{account}", "certificate/{name}"),
    "aws:autoscaling/group:Group": ("autoscaling:{region}:{account}",
                                    "autoScalingGroup:0a1b2c3d:autoScalingGroupName/{given}"),
    "aws:autoscaling/policy:Policy": ("autoscaling:{region}:{account}", "scalingPolicy:0a1b2c3d:policyName/{given}"),
    "aws:cloudwatch/logGroup:LogGroup": ("logs:{region}:{account}", "log-group:{given}"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("cloudwatch:{region}:{account}", "alarm:{given}"),
    "aws:codedeploy/application:Application": ("codedeploy:{region}:{account}", "application:{given}"),
    "aws:codedeploy/deploymentGroup:DeploymentGroup": ("codedeploy:{region}:{account}",
                                                       "deploymentgroup:{appName}/{deploymentGroupName}"),
    "aws:iam/instanceProfile:InstanceProfile": ("iam::{account}", "instance-profile/{given}"),
    "aws:iam/role:Role": ("iam::{account}", "role/{given}"),
    "aws:kms/key:Key": ("kms:{region}:{account}", "key/{name}"),
    "aws:lb/listener:Listener": ("elasticloadbalancing:{region}:{account}", "listener/app/{name}/0a1b2c3d/4e5f6a7b"),
    "aws:lb/loadBalancer:LoadBalancer": ("elasticloadbalancing:{region}:{account}", "loadbalancer/{suffix}"),
    "aws:lb/targetGroup:TargetGroup": ("elasticloadbalancing:{region}:{account}", "{suffix}"),
    "aws:rds/instance:Instance": ("rds:{region}:{account}", "db:{identifier}"),
    "aws:s3/bucket:Bucket": ("s3::", "{name}-1a2b3c4"),
    "aws:secretsmanager/secret:Secret": ("secretsmanager:{region}:{account}", "secret:{given}-AbCdEf"),
    "aws:sns/topic:Topic": ("sns:{region}:{account}", "{given}"),
    "aws:wafv2/webAcl:WebAcl": ("wafv2:{region}:{account}", "regional/webacl/{given}/0a1b2c3d"),
}


def suffix(kind: str, name: str, inputs: Mapping[str, Any]) -> str:
    """How CloudWatch names a balancer or a target group."""
    if kind == "TargetGroup":
        return f"targetgroup/{name}/0123456789abcdef"
    family = {"network": "net", "gateway": "gwy"}.get(inputs.get("loadBalancerType", ""), "app")
    return f"{family}/{name}/0123456789abcdef"


def arn(kind: str, name: str, given: str, inputs: Mapping[str, Any], *, region: str, account: str) -> str:
    """`given` is the physical name; a type that is not listed above gets a shape of no service's."""
    service = kind.split(":")[1].split("/")[0]
    owner, last = SHAPES.get(kind, (f"{service}:{{region}}:{{account}}", f"{kind.rsplit(':', 1)[-1]}/{{name}}"))
    known = {**inputs, "name": name, "given": given, "region": region, "account": account,
             "suffix": suffix(kind.rsplit(":", 1)[-1], name, inputs)}
    return f"arn:aws:{owner}:{last}".format_map(known)
