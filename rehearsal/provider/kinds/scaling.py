"""Scaling policies: `PutScalingPolicy` makes and changes alike."""

from __future__ import annotations

from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import one_of
from rehearsal.provider.kind import Kind, Made, Naming
from rehearsal.provider.kinds.shapes import only, outputs, params, pascal_tree
from rehearsal.provider.values import Props

PLAIN = "policyType adjustmentType scalingAdjustment cooldown metricAggregationType estimatedInstanceWarmup "\
        "minAdjustmentMagnitude enabled"


def request(inputs: Props) -> dict[str, Any]:
    found = params(inputs, PLAIN)
    if inputs.get("stepAdjustments"):
        found["StepAdjustments"] = [
            {"ScalingAdjustment": step["scalingAdjustment"],
             **{bound[0].upper() + bound[1:]: float(step[bound])
                for bound in ("metricIntervalLowerBound", "metricIntervalUpperBound") if step.get(bound) is not None}}
            for step in inputs["stepAdjustments"]]
    if inputs.get("targetTrackingConfiguration"):
        found["TargetTrackingConfiguration"] = tracking(inputs["targetTrackingConfiguration"])
    return found


def tracking(given: Props) -> dict[str, Any]:
    found: dict[str, Any] = pascal_tree(given, {"metricDimensions": "Dimensions"})
    return found


def put(aws: Aws, name: str, inputs: Props) -> str:
    return str(aws.autoscaling.put_scaling_policy(
        AutoScalingGroupName=inputs["autoscalingGroupName"], PolicyName=name, **request(inputs))["PolicyARN"])


def make(aws: Aws, inputs: Props) -> Made:
    return Made(inputs["name"], {"arn": put(aws, inputs["name"], inputs)})


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = only(aws.autoscaling.describe_policies(
        AutoScalingGroupName=properties["autoscalingGroupName"], PolicyNames=[id_])["ScalingPolicies"])
    return None if live is None else outputs(
        live, "policyType adjustmentType scalingAdjustment autoscalingGroupName", arn="PolicyARN",
        autoscalingGroupName="AutoScalingGroupName")


def drop(aws: Aws, id_: str, properties: Props) -> None:
    aws.autoscaling.delete_policy(AutoScalingGroupName=properties["autoscalingGroupName"], PolicyName=id_)


KINDS = (
    Kind(urn_type="aws:autoscaling/policy:Policy", make=make, find=find, drop=drop, naming=Naming(),
         id_of=lambda inputs: str(inputs["name"]), fixed="name autoscalingGroupName",
         required="autoscalingGroupName", sets="stepAdjustments", defaults={"enabled": True,
                                                                            "policyType": "SimpleScaling"},
         changes={f"{PLAIN} stepAdjustments targetTrackingConfiguration":
                  lambda aws, id_, old, new: put(aws, id_, new)},
         checks=(one_of("policyType", "SimpleScaling", "StepScaling", "TargetTrackingScaling"),)),
)
