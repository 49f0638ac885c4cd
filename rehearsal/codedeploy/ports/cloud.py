"""The ports over AWS's API, spoken to the rehearsal cloud's endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..machine.signals import Health
from .protocols import AlarmStates, Instance, PortError, Ports, TagFilter

Client = Any  # boto3 makes its clients at run time
UP = frozenset({"pending", "running"})
HOOK_SECONDS = 600  # as CodeDeploy sets it; the service beats every half of it


@contextmanager
def _asking(what: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise PortError(f"{what}: {error}") from error


def connect(endpoint: str, region: str) -> Ports:
    """Clients with made-up credentials: the rehearsal checks none, and a person's own must never be used here."""
    session = boto3.Session(
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",  # noqa: S106
        region_name=region,
    )
    config = Config(
        retries={"max_attempts": 2, "mode": "standard"}, connect_timeout=3, read_timeout=20, parameter_validation=False
    )

    def client(name: str) -> Client:
        make: Callable[..., Client] = session.client
        return make(name, endpoint_url=endpoint, config=config)

    scaling = client("autoscaling")
    return Ports(
        CloudFleet(client("ec2"), scaling),
        CloudBalancer(client("elbv2")),
        CloudAlarms(client("cloudwatch")),
        CloudScaling(scaling),
        CloudMail(client("sns")),
    )


@dataclass(frozen=True)
class CloudFleet:
    ec2: Client
    scaling: Client

    def _groups(self, asgs: Sequence[str]) -> list[dict[str, Any]]:
        if not asgs:
            return []
        with _asking(f"DescribeAutoScalingGroups {', '.join(asgs)}"):
            pages = self.scaling.get_paginator("describe_auto_scaling_groups").paginate(AutoScalingGroupNames=[*asgs])
            return [group for page in pages for group in page["AutoScalingGroups"]]

    def members(self, asgs: Sequence[str]) -> list[Instance]:
        rows = [(group["AutoScalingGroupName"], each) for group in self._groups(asgs) for each in group["Instances"]]
        alive = self.alive([each["InstanceId"] for _, each in rows])
        return [
            Instance(each["InstanceId"], alive[each["InstanceId"]], asg, str(each["LifecycleState"]))
            for asg, each in rows
        ]

    def missing(self, asgs: Sequence[str]) -> list[str]:
        known = {group["AutoScalingGroupName"] for group in self._groups(asgs)}
        return [name for name in asgs if name not in known]

    def _described(self, filters: list[Mapping[str, Any]]) -> list[Instance]:
        with _asking("DescribeInstances"):
            pages = self.ec2.get_paginator("describe_instances").paginate(Filters=filters)
            found = [each for page in pages for held in page["Reservations"] for each in held["Instances"]]
        return [
            Instance(
                each["InstanceId"],
                each["State"]["Name"] in UP,
                tags={tag["Key"]: tag.get("Value", "") for tag in each.get("Tags", [])},
            )
            for each in found
        ]

    def tagged(self, tag_sets: Sequence[Sequence[TagFilter]]) -> list[Instance]:
        running = self._described([{"Name": "instance-state-name", "Values": ["running"]}])
        return [each for each in running if all(any(one.matches(each.tags) for one in filters) for filters in tag_sets)]

    def alive(self, ids: Sequence[str]) -> Mapping[str, bool]:
        """Asks with a filter: an instance that is long gone is no error, it is not alive."""
        if not ids:
            return {}
        found = self._described([{"Name": "instance-id", "Values": list(ids)}])
        return dict.fromkeys(ids, False) | {each.id: each.alive for each in found}

    def terminate(self, ids: Sequence[str]) -> None:
        with _asking(f"TerminateInstances {', '.join(ids)}"):
            self.ec2.terminate_instances(InstanceIds=list(ids))


@dataclass(frozen=True)
class CloudBalancer:
    elbv2: Client

    def _arns(self, names: Sequence[str]) -> dict[str, str]:
        with _asking(f"DescribeTargetGroups {', '.join(names)}"):
            pages = self.elbv2.get_paginator("describe_target_groups").paginate()
            found = {each["TargetGroupName"]: each["TargetGroupArn"] for page in pages for each in page["TargetGroups"]}
        return {name: found[name] for name in names if name in found}

    def _arn(self, name: str) -> str:
        arn = self._arns([name]).get(name)
        if arn is None:
            raise PortError(f"The target group {name} does not exist.")
        return arn

    def missing(self, names: Sequence[str]) -> list[str]:
        known = self._arns(names)
        return [name for name in names if name not in known]

    def health(self, name: str) -> Mapping[str, Health]:
        arn = self._arn(name)
        with _asking(f"DescribeTargetHealth {name}"):
            rows = self.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return {
            row["Target"]["Id"]: Health(str(row["TargetHealth"]["State"]), _reason(row["TargetHealth"])) for row in rows
        }

    def register(self, name: str, ids: Sequence[str]) -> None:
        with _asking(f"RegisterTargets {name} {', '.join(ids)}"):
            self.elbv2.register_targets(TargetGroupArn=self._arn(name), Targets=[{"Id": each} for each in ids])

    def deregister(self, name: str, ids: Sequence[str]) -> None:
        with _asking(f"DeregisterTargets {name} {', '.join(ids)}"):
            self.elbv2.deregister_targets(TargetGroupArn=self._arn(name), Targets=[{"Id": each} for each in ids])


def _reason(health: Mapping[str, Any]) -> str:
    return " ".join(str(health[key]) for key in ("Reason", "Description") if health.get(key))


@dataclass(frozen=True)
class CloudAlarms:
    cloudwatch: Client

    def states(self, names: Sequence[str]) -> AlarmStates:
        with _asking(f"DescribeAlarms {', '.join(names)}"):
            answer = self.cloudwatch.describe_alarms(
                AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
            )
        found = {
            str(each["AlarmName"]): str(each["StateValue"])
            for each in [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
        }
        ringing = tuple(name for name in names if found.get(name) == "ALARM")
        return AlarmStates(ringing, tuple(name for name in names if name not in found))


@dataclass(frozen=True)
class CloudScaling:
    scaling: Client

    def put_launch_hook(self, asg: str, hook: str) -> None:
        with _asking(f"PutLifecycleHook {asg}"):
            self.scaling.put_lifecycle_hook(
                AutoScalingGroupName=asg,
                LifecycleHookName=hook,
                LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
                HeartbeatTimeout=HOOK_SECONDS,
                DefaultResult="ABANDON",
                NotificationMetadata=hook.rpartition("-hook-")[2],
            )

    def delete_hook(self, asg: str, hook: str) -> None:
        with _asking(f"DeleteLifecycleHook {asg}"):
            self.scaling.delete_lifecycle_hook(AutoScalingGroupName=asg, LifecycleHookName=hook)

    def complete(self, asg: str, hook: str, instance: str, outcome: str) -> None:
        with _asking(f"CompleteLifecycleAction {instance} {outcome}"):
            self.scaling.complete_lifecycle_action(
                AutoScalingGroupName=asg,
                LifecycleHookName=hook,
                InstanceId=instance,
                LifecycleActionResult=outcome,
            )

    def heartbeat(self, asg: str, hook: str, instance: str) -> None:
        with _asking(f"RecordLifecycleActionHeartbeat {instance}"):
            self.scaling.record_lifecycle_action_heartbeat(
                AutoScalingGroupName=asg, LifecycleHookName=hook, InstanceId=instance
            )


@dataclass(frozen=True)
class CloudMail:
    sns: Client

    def publish(self, topic: str, subject: str, message: str) -> None:
        with _asking(f"Publish {topic}"):
            self.sns.publish(TopicArn=topic, Subject=subject[:100], Message=message)
