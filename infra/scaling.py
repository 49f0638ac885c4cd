"""When a fleet grows and shrinks: two hosts at a time on a CPU alarm, or AWS's target tracking."""

from __future__ import annotations

import pulumi
from pulumi import ResourceOptions
from pulumi_aws import autoscaling, cloudwatch

from infra.settings.tier import Scaling

STEP = 2                # the original system's: one host more changed little, by the time it came
PERIOD = 60
WARM_UP = 120           # seconds until a new host's CPU counts: it installs its release first


def scale(name: str, group: autoscaling.Group, settings: Scaling, *, parent: pulumi.Resource) -> None:
    if settings.mode == "target":
        _track(name, group, settings.target, parent)
    else:
        _step(f"{name}-grow", group, STEP, "GreaterThanOrEqualToThreshold", settings.high, 2, parent)
        _step(f"{name}-shrink", group, -STEP, "LessThanOrEqualToThreshold", settings.low, 10, parent)


def _track(name: str, group: autoscaling.Group, target: int, parent: pulumi.Resource) -> None:
    metric = autoscaling.PolicyTargetTrackingConfigurationPredefinedMetricSpecificationArgs(
        predefined_metric_type="ASGAverageCPUUtilization")
    autoscaling.Policy(
        f"{name}-track", autoscaling_group_name=group.name, policy_type="TargetTrackingScaling",
        estimated_instance_warmup=WARM_UP, opts=ResourceOptions(parent=parent),
        target_tracking_configuration=autoscaling.PolicyTargetTrackingConfigurationArgs(
            predefined_metric_specification=metric, target_value=float(target)))


def _step(name: str, group: autoscaling.Group, change: int, comparison: str, threshold: int, periods: int,
          parent: pulumi.Resource) -> None:
    """Growing answers within two minutes; shrinking waits for ten quiet ones."""
    upwards = change > 0
    adjustment = autoscaling.PolicyStepAdjustmentArgs(
        scaling_adjustment=change,
        metric_interval_lower_bound="0" if upwards else None,
        metric_interval_upper_bound=None if upwards else "0")
    policy = autoscaling.Policy(
        name, autoscaling_group_name=group.name, policy_type="StepScaling", adjustment_type="ChangeInCapacity",
        metric_aggregation_type="Average", estimated_instance_warmup=WARM_UP if upwards else None,
        step_adjustments=[adjustment], opts=ResourceOptions(parent=parent))
    cloudwatch.MetricAlarm(
        name, alarm_description=f"CPU of the fleet {'above' if upwards else 'below'} {threshold} %: {change:+d} hosts",
        namespace="AWS/EC2", metric_name="CPUUtilization", statistic="Average", period=PERIOD,
        evaluation_periods=periods, threshold=float(threshold), comparison_operator=comparison,
        treat_missing_data="notBreaching" if upwards else "missing",
        dimensions={"AutoScalingGroupName": group.name}, alarm_actions=[policy.arn],
        opts=ResourceOptions(parent=parent))
