"""Auto Scaling groups. A group is made when its instances are in service, and dropped when they are gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import between, one_of
from rehearsal.provider.kind import Kind, Made, Naming, Problem
from rehearsal.provider.kinds.shapes import added_removed, only, outputs, params, pascal_tree
from rehearsal.provider.values import Props

PLAIN = ("minSize maxSize desiredCapacity defaultCooldown defaultInstanceWarmup healthCheckGracePeriod "
         "healthCheckType capacityRebalance maxInstanceLifetime terminationPolicies")
RENAMED = {"protectFromScaleIn": "NewInstancesProtectedFromScaleIn", "targetGroupArns": "TargetGroupARNs",
           "serviceLinkedRoleArn": "ServiceLinkedRoleARN"}
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}


def request(inputs: Props) -> dict[str, Any]:
    found = params(inputs, PLAIN, **{k: v for k, v in RENAMED.items() if k != "targetGroupArns"})
    if inputs.get("vpcZoneIdentifiers"):
        found["VPCZoneIdentifier"] = ",".join(inputs["vpcZoneIdentifiers"])
    template = inputs.get("launchTemplate")
    if template:
        found["LaunchTemplate"] = params({**template, "version": str(template.get("version", "$Default"))}, "version",
                                         id="LaunchTemplateId", name="LaunchTemplateName")
    if inputs.get("instanceMaintenancePolicy"):
        found["InstanceMaintenancePolicy"] = pascal_tree(inputs["instanceMaintenancePolicy"])
    return found


def tags(name: str, given: Iterable[Props]) -> list[dict[str, Any]]:
    return [{"ResourceId": name, "ResourceType": "auto-scaling-group", "Key": tag["key"], "Value": tag["value"],
             "PropagateAtLaunch": tag["propagateAtLaunch"]} for tag in given]


def make(aws: Aws, inputs: Props) -> Made:
    hooks = pascal_tree(inputs.get("initialLifecycleHooks") or [], {"name": "LifecycleHookName",
                        "notificationTargetArn": "NotificationTargetARN", "roleArn": "RoleARN"})
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=inputs["name"], **request(inputs), Tags=tags(inputs["name"], inputs.get("tags") or []),
        **params(inputs, "", targetGroupArns="TargetGroupARNs"),
        **({"LifecycleHookSpecificationList": hooks} if hooks else {}))
    return Made(inputs["name"])


def live_group(aws: Aws, name: str) -> Any:
    return only(aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"])


def complete(aws: Aws, id_: str, inputs: Props) -> None:
    if inputs.get("enabledMetrics"):
        aws.autoscaling.enable_metrics_collection(AutoScalingGroupName=id_, Metrics=inputs["enabledMetrics"],
                                                  Granularity=inputs["metricsGranularity"])
    if inputs.get("suspendedProcesses"):
        aws.autoscaling.suspend_processes(AutoScalingGroupName=id_, ScalingProcesses=inputs["suspendedProcesses"])
    seconds = duration(inputs["waitForCapacityTimeout"])
    wanted = inputs.get("desiredCapacity") or inputs["minSize"]
    if seconds and wanted:
        aws.wait(f"{wanted} instances of {id_} coming into service", lambda: in_service(aws, id_) >= wanted or None,
                 seconds=seconds)


def in_service(aws: Aws, name: str) -> int:
    return sum(i["LifecycleState"] == "InService" for i in (live_group(aws, name) or {}).get("Instances", []))


def duration(words: str) -> float:
    """`10m`, `1m30s`, `0`: Go's spelling."""
    total, number = 0.0, ""
    for letter in words:
        if letter in UNITS:
            total, number = total + float(number) * UNITS[letter], ""
        else:
            number += letter
    return total


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = live_group(aws, id_)
    return None if live is None or live.get("Status") else shape(live, properties)


def shape(live: Mapping[str, Any], properties: Props) -> Props:
    template = live.get("LaunchTemplate")
    asked = properties.get("launchTemplate") or {}
    return {
        **outputs(live, PLAIN, **RENAMED, name="AutoScalingGroupName", arn="AutoScalingGroupARN"),
        "vpcZoneIdentifiers": [s for s in live.get("VPCZoneIdentifier", "").split(",") if s],
        "suspendedProcesses": [process["ProcessName"] for process in live.get("SuspendedProcesses", [])],
        "tags": [{"key": t["Key"], "value": t["Value"], "propagateAtLaunch": t["PropagateAtLaunch"]}
                 for t in live.get("Tags", []) if not t["Key"].startswith("aws:")],
        **({"launchTemplate": {k: v for k, v in outputs(
            template, "version", id="LaunchTemplateId", name="LaunchTemplateName").items() if k in asked}}
           if template else {}),
    }


def change(aws: Aws, id_: str, old: Props, new: Props) -> None:
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=id_, **request(new))
    refresh = new.get("instanceRefresh")
    if refresh and old.get("launchTemplate") != new.get("launchTemplate"):
        given = {"Preferences": pascal_tree(refresh["preferences"])} if refresh.get("preferences") else {}
        aws.autoscaling.start_instance_refresh(AutoScalingGroupName=id_, Strategy=refresh["strategy"], **given)


def change_targets(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = added_removed(old, new, "targetGroupArns")
    if add:
        aws.autoscaling.attach_load_balancer_target_groups(AutoScalingGroupName=id_, TargetGroupARNs=add)
    if remove:
        aws.autoscaling.detach_load_balancer_target_groups(AutoScalingGroupName=id_, TargetGroupARNs=remove)


def change_suspended(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = added_removed(old, new, "suspendedProcesses")
    if add:
        aws.autoscaling.suspend_processes(AutoScalingGroupName=id_, ScalingProcesses=add)
    if remove:
        aws.autoscaling.resume_processes(AutoScalingGroupName=id_, ScalingProcesses=remove)


def change_tags(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = added_removed(old, new, "tags")
    kept = {tag["key"] for tag in new.get("tags") or []}
    gone = [tag for tag in remove if tag["key"] not in kept]
    if gone:
        aws.autoscaling.delete_tags(Tags=tags(id_, gone))
    if add:
        aws.autoscaling.create_or_update_tags(Tags=tags(id_, add))


def change_metrics(aws: Aws, id_: str, old: Props, new: Props) -> None:
    if new.get("enabledMetrics"):
        aws.autoscaling.enable_metrics_collection(AutoScalingGroupName=id_, Metrics=new["enabledMetrics"],
                                                  Granularity=new["metricsGranularity"])
    else:
        aws.autoscaling.disable_metrics_collection(AutoScalingGroupName=id_)


def drop(aws: Aws, id_: str, properties: Props) -> None:
    if not properties.get("forceDelete"):
        aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=id_, MinSize=0, MaxSize=0, DesiredCapacity=0)
        aws.wait(f"the instances of {id_} terminating",
                 lambda: not (live_group(aws, id_) or {}).get("Instances") or None, seconds=900)
    aws.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=id_, ForceDelete=True)
    aws.wait(f"deleting {id_}", lambda: live_group(aws, id_) is None or None, seconds=900)


def sizes(inputs: Props) -> Iterable[Problem]:
    low, high = inputs.get("minSize"), inputs.get("maxSize")
    desired = inputs.get("desiredCapacity")
    if isinstance(low, int) and isinstance(high, int) and low > high:
        yield Problem("minSize", f"{low} is above maxSize ({high})")
    elif isinstance(low, int) and isinstance(high, int) and isinstance(desired, int) and not low <= desired <= high:
        yield Problem("desiredCapacity", f"{desired} is not between minSize ({low}) and maxSize ({high})")


KINDS = (
    Kind(urn_type="aws:autoscaling/group:Group", make=make, complete=complete, find=find, drop=drop,
         id_of=lambda inputs: str(inputs["name"]), fixed="name namePrefix initialLifecycleHooks", naming=Naming(),
         required="minSize maxSize", sets="vpcZoneIdentifiers targetGroupArns suspendedProcesses tags enabledMetrics",
         state_only="forceDelete waitForCapacityTimeout instanceRefresh ignoreFailedScalingActivities "
                    "metricsGranularity",
         changes={f"{PLAIN} protectFromScaleIn serviceLinkedRoleArn vpcZoneIdentifiers launchTemplate "
                  "instanceMaintenancePolicy": change,
                  "targetGroupArns": change_targets, "suspendedProcesses": change_suspended, "tags": change_tags,
                  "enabledMetrics": change_metrics},
         defaults={"healthCheckGracePeriod": 300, "waitForCapacityTimeout": "10m", "forceDelete": False,
                   "metricsGranularity": "1Minute", "protectFromScaleIn": False},
         volatile="desiredCapacity predictedCapacity",
         checks=(sizes, one_of("healthCheckType", "EC2", "ELB"), between("minSize", 0, 10000))),
)
