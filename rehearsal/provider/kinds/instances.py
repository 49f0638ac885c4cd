"""Single instances, such as Jenkins' host; fleets are the Auto Scaling groups' business."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.kind import Kind, Made
from rehearsal.provider.kinds import ec2
from rehearsal.provider.kinds.shapes import only, outputs, params, pascal_tree, tag_list
from rehearsal.provider.values import Props

STOPPED_ONLY = "instanceType userData userDataBase64 ebsOptimized"
DISKS = {"volumeSize": "VolumeSize", "volumeType": "VolumeType", "iops": "Iops", "throughput": "Throughput",
         "encrypted": "Encrypted", "kmsKeyId": "KmsKeyId", "deleteOnTermination": "DeleteOnTermination",
         "snapshotId": "SnapshotId"}


def user_data(inputs: Props) -> bytes:
    """Plain, as the SDK wants it: it encodes by itself. May be compressed, so bytes."""
    encoded = inputs.get("userDataBase64")
    return base64.b64decode(encoded) if encoded else str(inputs.get("userData") or "").encode()


def _disks(inputs: Props) -> list[dict[str, Any]]:
    root = [{**inputs["rootBlockDevice"], "deviceName": "/dev/sda1"}] if inputs.get("rootBlockDevice") else []
    return [{"DeviceName": disk["deviceName"], "Ebs": params({"deleteOnTermination": True, **disk}, "", **DISKS)}
            for disk in [*root, *inputs.get("ebsBlockDevices", [])]]


def make(aws: Aws, inputs: Props) -> Made:
    request: dict[str, Any] = params(
        inputs, "instanceType subnetId privateIp keyName disableApiTermination disableApiStop ebsOptimized "
        "instanceInitiatedShutdownBehavior", ami="ImageId", vpcSecurityGroupIds="SecurityGroupIds")
    for name in ("metadataOptions", "creditSpecification", "launchTemplate", "maintenanceOptions"):
        if inputs.get(name):
            request[name[0].upper() + name[1:]] = pascal_tree(inputs[name], {"id": "LaunchTemplateId",
                                                                             "name": "LaunchTemplateName"})
    if inputs.get("iamInstanceProfile"):
        request["IamInstanceProfile"] = {"Name": inputs["iamInstanceProfile"]}
    if inputs.get("availabilityZone"):
        request["Placement"] = {"AvailabilityZone": inputs["availabilityZone"]}
    if inputs.get("associatePublicIpAddress") is not None:
        groups = request.pop("SecurityGroupIds", [])
        request["NetworkInterfaces"] = [{
            "DeviceIndex": 0, "AssociatePublicIpAddress": inputs["associatePublicIpAddress"], "Groups": groups,
            **({"SubnetId": request.pop("SubnetId")} if "SubnetId" in request else {})}]
    request |= {"Monitoring": {"Enabled": inputs["monitoring"]}} if inputs.get("monitoring") is not None else {}
    request |= {"UserData": user_data(inputs)} if user_data(inputs) else {}
    request |= {"BlockDeviceMappings": _disks(inputs)} if _disks(inputs) else {}
    tags = [{"ResourceType": "instance", "Tags": tag_list(inputs["tagsAll"])}] if inputs["tagsAll"] else []
    disk_tags = inputs.get("volumeTags") or (inputs.get("rootBlockDevice") or {}).get("tags")
    tags += [{"ResourceType": "volume", "Tags": tag_list(disk_tags)}] if disk_tags else []
    answer = aws.ec2.run_instances(MinCount=1, MaxCount=1, TagSpecifications=tags, **request)
    return Made(answer["Instances"][0]["InstanceId"])


def live_instance(aws: Aws, id_: str) -> Any:
    found = only(aws.ec2.describe_instances(InstanceIds=[id_])["Reservations"])
    live = only(found["Instances"]) if found else None
    return None if live and live["State"]["Name"] in ("terminated", "shutting-down") else live


def shape(aws: Aws, live: Mapping[str, Any]) -> Props:
    interface = only(live.get("NetworkInterfaces", [])) or {}
    return {**outputs(live, "instanceType subnetId keyName", ami="ImageId", privateIp="PrivateIpAddress",
                      privateDns="PrivateDnsName", publicIp="PublicIpAddress", publicDns="PublicDnsName"),
            **ec2.tags_of(live), "instanceState": live["State"]["Name"],
            "availabilityZone": live["Placement"]["AvailabilityZone"],
            "vpcSecurityGroupIds": [group["GroupId"] for group in live.get("SecurityGroups", [])],
            "primaryNetworkInterfaceId": interface.get("NetworkInterfaceId", ""),
            "arn": aws.arn("ec2", f"instance/{live['InstanceId']}")}


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = live_instance(aws, id_)
    return None if live is None else shape(aws, live)


def seek(aws: Aws, inputs: Props) -> Iterable[str]:
    for reservation in aws.pages("ec2", "describe_instances", "Reservations"):
        for live in reservation["Instances"]:
            if live["State"]["Name"] in ("pending", "running") and ec2.tags_of(live)["tagsAll"] == inputs["tagsAll"]:
                yield live["InstanceId"]


def await_state(aws: Aws, id_: str, state: str) -> None:
    def reached() -> bool | None:
        live = live_instance(aws, id_)
        return (live is None if state == "terminated" else bool(live and live["State"]["Name"] == state)) or None
    aws.wait(f"the instance {id_} becoming {state}", reached, seconds=300)


def complete(aws: Aws, id_: str, inputs: Props) -> None:
    await_state(aws, id_, "running")
    if inputs.get("sourceDestCheck") is False:
        aws.ec2.modify_instance_attribute(InstanceId=id_, SourceDestCheck={"Value": False})


def change_stopped(aws: Aws, id_: str, old: Props, new: Props) -> None:
    """What EC2 changes only on a stopped instance."""
    aws.ec2.stop_instances(InstanceIds=[id_])
    await_state(aws, id_, "stopped")
    if old.get("instanceType") != new.get("instanceType"):
        aws.ec2.modify_instance_attribute(InstanceId=id_, InstanceType={"Value": new["instanceType"]})
    if user_data(old) != user_data(new):
        aws.ec2.modify_instance_attribute(InstanceId=id_, UserData={"Value": user_data(new)})
    aws.ec2.start_instances(InstanceIds=[id_])
    await_state(aws, id_, "running")


def change_groups(aws: Aws, id_: str, old: Props, new: Props) -> None:
    aws.ec2.modify_instance_attribute(InstanceId=id_, Groups=new["vpcSecurityGroupIds"])


def change_guards(aws: Aws, id_: str, old: Props, new: Props) -> None:
    for name, parameter in (("disableApiTermination", "DisableApiTermination"), ("sourceDestCheck", "SourceDestCheck")):
        if old.get(name) != new.get(name):
            aws.ec2.modify_instance_attribute(InstanceId=id_, **{parameter: {"Value": bool(new.get(name))}})


def change_metadata(aws: Aws, id_: str, old: Props, new: Props) -> None:
    aws.ec2.modify_instance_metadata_options(InstanceId=id_, **pascal_tree(new["metadataOptions"]))


def change_profile(aws: Aws, id_: str, old: Props, new: Props) -> None:
    by = [{"Name": "instance-id", "Values": [id_]}]
    found = only(aws.ec2.describe_iam_instance_profile_associations(Filters=by)["IamInstanceProfileAssociations"])
    profile = {"Name": new["iamInstanceProfile"]}
    if found:
        aws.ec2.replace_iam_instance_profile_association(AssociationId=found["AssociationId"],
                                                         IamInstanceProfile=profile)
    else:
        aws.ec2.associate_iam_instance_profile(InstanceId=id_, IamInstanceProfile=profile)


def drop(aws: Aws, id_: str, properties: Props) -> None:
    if properties.get("forceDestroy") and properties.get("disableApiTermination"):
        aws.ec2.modify_instance_attribute(InstanceId=id_, DisableApiTermination={"Value": False})
    aws.ec2.terminate_instances(InstanceIds=[id_])
    await_state(aws, id_, "terminated")


def replaces(olds: Props, news: Props) -> Iterable[str]:
    """User data runs at the first boot only; a program may ask that a change of it makes a new instance."""
    return ("userData", "userDataBase64") if news.get("userDataReplaceOnChange") else ()


KINDS = (
    Kind(urn_type="aws:ec2/instance:Instance", make=make, complete=complete, find=find, drop=drop, seek=seek,
         tag=ec2.tag, replaces=replaces, sets="vpcSecurityGroupIds", volatile="instanceState publicIp publicDns",
         fixed="ami subnetId privateIp keyName availabilityZone associatePublicIpAddress rootBlockDevice "
               "ebsBlockDevices creditSpecification launchTemplate instanceInitiatedShutdownBehavior monitoring "
               "maintenanceOptions disableApiStop",
         state_only="userDataReplaceOnChange forceDestroy volumeTags",
         changes={STOPPED_ONLY: change_stopped, "vpcSecurityGroupIds": change_groups,
                  "disableApiTermination sourceDestCheck": change_guards, "metadataOptions": change_metadata,
                  "iamInstanceProfile": change_profile}),
)
