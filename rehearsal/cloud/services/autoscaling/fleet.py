"""Starting and ending instances: EC2 runs them, the target groups hear of them, the group's history tells of it."""

from __future__ import annotations

from typing import Any

from rehearsal.cloud.errors import AwsError
from rehearsal.cloud.services.autoscaling.model import LAUNCHING, TERMINATING, Group, Hook, Member, new_id, note
from rehearsal.cloud.world import World

GROUP_TAG = "aws:autoscaling:groupName"
RETRY_AFTER = 5.0
GONE = ("InvalidInstanceID.NotFound", "InvalidTarget", "TargetGroupNotFound")


class Fleet:
    """The instances of one region's groups."""

    def __init__(self, world: World, region: str) -> None:
        self.world = world
        self.region = region

    def ask(self, service: str, operation: str, **params: Any) -> Any:
        return self.world.call(service, operation, params, self.region)

    def resolve(self, template: dict[str, str]) -> dict[str, str]:
        """The template with its version as a number."""
        wanted = template.get("Version") or "$Default"
        key = {"LaunchTemplateId": template["LaunchTemplateId"]}
        found = self.ask("ec2", "DescribeLaunchTemplateVersions", **key, Versions=[wanted])["LaunchTemplateVersions"]
        return {"LaunchTemplateId": found[0]["LaunchTemplateId"], "LaunchTemplateName": found[0]["LaunchTemplateName"],
                "Version": str(found[0]["VersionNumber"])}

    def launch(self, group: Group, subnet: str, cause: str) -> Member | None:
        try:
            template = self.resolve(group.template)
            instance = self._run(group, template, subnet)
        except AwsError as error:
            group.trouble = (error.message, self.world.clock() + RETRY_AFTER)
            note(group, self.world, "Launching a new EC2 instance.  Status Reason: " + error.message, cause, "Failed",
                 error.message)
            return None
        group.trouble = None
        member = Member(
            instance["InstanceId"], instance["Placement"]["AvailabilityZone"], subnet, instance["InstanceType"],
            template, self.world.clock(), protected=bool(group.settings.get("NewInstancesProtectedFromScaleIn")))
        group.members.append(member)
        self._start_waiting(group, member, LAUNCHING, "Pending:Wait")
        note(group, self.world, f"Launching a new EC2 instance: {member.id}", cause)
        return member

    def _run(self, group: Group, template: dict[str, str], subnet: str) -> dict[str, Any]:
        tags = [{"Key": k, "Value": v} for k, (v, propagated) in group.tags.items() if propagated]
        params: dict[str, Any] = {
            "MinCount": 1, "MaxCount": 1, "SubnetId": subnet,
            "LaunchTemplate": {"LaunchTemplateId": template["LaunchTemplateId"], "Version": template["Version"]},
            "TagSpecifications": [{"ResourceType": "instance",
                                   "Tags": [*tags, {"Key": GROUP_TAG, "Value": group.name}]}],
        }
        if override := group.settings.get("_InstanceType"):
            params["InstanceType"] = override
        found: dict[str, Any] = self.ask("ec2", "RunInstances", **params)["Instances"][0]
        return found

    def serve(self, group: Group, member: Member) -> None:
        member.state, member.in_service_since = "InService", self.world.clock()
        if group.runs("AddToLoadBalancer"):
            self.register(group, [member], group.targets)

    def register(self, group: Group, members: list[Member], targets: list[str]) -> None:
        for arn in targets if members else ():
            self.ask("elbv2", "RegisterTargets", TargetGroupArn=arn, Targets=[{"Id": m.id} for m in members])

    def deregister(self, members: list[Member], targets: list[str]) -> None:
        for arn in targets if members else ():
            try:
                self.ask("elbv2", "DeregisterTargets", TargetGroupArn=arn, Targets=[{"Id": m.id} for m in members])
            except AwsError as error:
                if error.code not in GONE:
                    raise

    def begin_end(self, group: Group, member: Member, cause: str) -> None:
        """Out of service; gone at once, or when the hooks for leaving are done."""
        self.deregister([member], group.targets)
        member.state = "Terminating"
        note(group, self.world, f"Terminating EC2 instance: {member.id}", cause)
        if not self._start_waiting(group, member, TERMINATING, "Terminating:Wait"):
            self.end(group, member)

    def end(self, group: Group, member: Member) -> None:
        try:
            self.ask("ec2", "TerminateInstances", InstanceIds=[member.id])
        except AwsError as error:
            if error.code not in GONE:
                raise
        group.members.remove(member)

    def _start_waiting(self, group: Group, member: Member, transition: str, state: str) -> bool:
        hooks = [hook for hook in group.hooks.values() if hook.transition == transition]
        for hook in hooks:
            token = new_id()
            member.waits[hook.name] = (token, self.world.clock() + hook.timeout)
            self._tell(group, member, hook, token)
        if hooks:
            member.state = state
        return bool(hooks)

    def _tell(self, group: Group, member: Member, hook: Hook, token: str) -> None:
        """The hook's message, to the queue or topic that it names."""
        if not hook.target:
            return
        import json
        message = json.dumps({
            "LifecycleHookName": hook.name, "AccountId": group.arn.split(":")[4], "RequestId": new_id(),
            "LifecycleTransition": hook.transition, "AutoScalingGroupName": group.name, "Service": "AWS Auto Scaling",
            "EC2InstanceId": member.id, "LifecycleActionToken": token, "NotificationMetadata": hook.metadata,
        })
        account, name = hook.target.split(":")[4:6]
        if ":sns:" in hook.target:
            self.ask("sns", "Publish", TopicArn=hook.target, Message=message)
        elif ":sqs:" in hook.target:
            url = self.ask("sqs", "GetQueueUrl", QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
            self.ask("sqs", "SendMessage", QueueUrl=url, MessageBody=message)
