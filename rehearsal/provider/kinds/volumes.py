"""EBS volumes, and which instance has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.kind import Kind, Made
from rehearsal.provider.kinds.ec2 import Noun, tags_of
from rehearsal.provider.kinds.instances import await_state
from rehearsal.provider.kinds.shapes import hashed, only, outputs, params
from rehearsal.provider.values import Props


def shape(aws: Aws, live: Mapping[str, Any]) -> Props:
    return {**outputs(live, "availabilityZone size encrypted iops throughput snapshotId kmsKeyId",
                      type="VolumeType"), **tags_of(live), "arn": aws.arn("ec2", f"volume/{live['VolumeId']}")}


VOLUME = Noun(name="Volume", shape=shape, whole=False, same="availabilityZone size", params=lambda i: params(
    i, "availabilityZone size encrypted iops throughput snapshotId kmsKeyId", type="VolumeType"))


def await_volume(aws: Aws, id_: str, inputs: Props) -> None:
    aws.wait(f"the volume {id_}",
             lambda: (VOLUME.live(aws, id_) or {}).get("State") in ("available", "in-use") or None)


def change(aws: Aws, id_: str, old: Props, new: Props) -> None:
    changed = {name: new[name] for name in ("size", "type", "iops", "throughput")
               if new.get(name) is not None and old.get(name) != new[name]}
    aws.ec2.modify_volume(VolumeId=id_, **params(changed, "size iops throughput", type="VolumeType"))


# --- attachments -----------------------------------------------------------------------------------

def id_of(inputs: Props) -> str:
    return f"vai-{hashed(inputs['deviceName'], inputs['instanceId'], inputs['volumeId'])}"


def attached(aws: Aws, properties: Props) -> Any:
    live = VOLUME.live(aws, properties["volumeId"]) or {}
    return only(a for a in live.get("Attachments", []) if a["InstanceId"] == properties["instanceId"])


def attach(aws: Aws, inputs: Props) -> Made:
    aws.ec2.attach_volume(Device=inputs["deviceName"], InstanceId=inputs["instanceId"], VolumeId=inputs["volumeId"])
    return Made(id_of(inputs), {})


def find_attachment(aws: Aws, id_: str, properties: Props) -> Props | None:
    found = attached(aws, properties)
    return None if found is None else outputs(found, "instanceId volumeId", deviceName="Device")


def detach(aws: Aws, id_: str, properties: Props) -> None:
    if properties.get("skipDestroy"):
        return
    if properties.get("stopInstanceBeforeDetaching"):
        aws.ec2.stop_instances(InstanceIds=[properties["instanceId"]])
        await_state(aws, properties["instanceId"], "stopped")
    if attached(aws, properties):
        aws.ec2.detach_volume(InstanceId=properties["instanceId"], VolumeId=properties["volumeId"],
                              Force=bool(properties.get("forceDetach")))
        aws.wait(f"detaching {properties['volumeId']}", lambda: attached(aws, properties) is None or None)


KINDS = (
    Kind(**VOLUME.rules(), urn_type="aws:ebs/volume:Volume", complete=await_volume, required="availabilityZone",
         fixed="availabilityZone encrypted snapshotId kmsKeyId", changes={"size type iops throughput": change},
         state_only="finalSnapshot", defaults={"encrypted": False}),
    Kind(urn_type="aws:ec2/volumeAttachment:VolumeAttachment", make=attach, find=find_attachment, drop=detach,
         id_of=id_of, fixed="deviceName instanceId volumeId", required="deviceName instanceId volumeId",
         state_only="skipDestroy stopInstanceBeforeDetaching forceDetach"),
)
