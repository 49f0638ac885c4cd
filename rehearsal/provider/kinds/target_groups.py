"""Target groups: where balancers send requests, and how they tell who is well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import between, one_of
from rehearsal.provider.kind import Kind, Made, Naming
from rehearsal.provider.kinds.balancers import tag, tags_of, value_of, word
from rehearsal.provider.kinds.shapes import only, outputs, params, tag_list
from rehearsal.provider.values import Props

HEALTH = {"enabled": "HealthCheckEnabled", "interval": "HealthCheckIntervalSeconds", "path": "HealthCheckPath",
          "port": "HealthCheckPort", "protocol": "HealthCheckProtocol", "timeout": "HealthCheckTimeoutSeconds",
          "healthyThreshold": "HealthyThresholdCount", "unhealthyThreshold": "UnhealthyThresholdCount"}
ATTRIBUTES = {
    "deregistrationDelay": "deregistration_delay.timeout_seconds",
    "connectionTermination": "deregistration_delay.connection_termination.enabled",
    "slowStart": "slow_start.duration_seconds",
    "loadBalancingAlgorithmType": "load_balancing.algorithm.type",
    "loadBalancingAnomalyMitigation": "load_balancing.algorithm.anomaly_mitigation",
    "loadBalancingCrossZoneEnabled": "load_balancing.cross_zone.enabled",
    "preserveClientIp": "preserve_client_ip.enabled",
    "proxyProtocolV2": "proxy_protocol_v2.enabled",
}
STICKY = {"enabled": "stickiness.enabled", "type": "stickiness.type",
          "cookieDuration": "stickiness.lb_cookie.duration_seconds"}


def health(inputs: Props) -> dict[str, Any]:
    check = inputs.get("healthCheck") or {}
    matcher = {"Matcher": {"HttpCode": check["matcher"]}} if check.get("matcher") else {}
    return {**params(check, "", **HEALTH), **matcher}


def attributes(inputs: Props) -> list[dict[str, str]]:
    sticky = inputs.get("stickiness") or {}
    pairs = {**{key: inputs[name] for name, key in ATTRIBUTES.items() if inputs.get(name) is not None},
             **{key: sticky[name] for name, key in STICKY.items() if sticky.get(name) is not None}}
    return [{"Key": key, "Value": word(value)} for key, value in pairs.items()]


def make(aws: Aws, inputs: Props) -> Made:
    tags = tag_list(inputs["tagsAll"])
    live = aws.elbv2.create_target_group(
        **params(inputs, "name port protocol vpcId targetType protocolVersion ipAddressType"), **health(inputs),
        **({"Tags": tags} if tags else {}))["TargetGroups"][0]
    return Made(live["TargetGroupArn"], shape(live, inputs))


def complete(aws: Aws, id_: str, inputs: Props) -> None:
    if attributes(inputs):
        aws.elbv2.modify_target_group_attributes(TargetGroupArn=id_, Attributes=attributes(inputs))


def shape(live: Mapping[str, Any], properties: Props) -> Props:
    check = outputs(live, "", **HEALTH) | ({"matcher": live["Matcher"]["HttpCode"]} if live.get("Matcher") else {})
    asked = properties.get("healthCheck") or {}
    return {**outputs(live, "port protocol vpcId targetType protocolVersion ipAddressType loadBalancerArns",
                      name="TargetGroupName", arn="TargetGroupArn"),
            "arnSuffix": live["TargetGroupArn"].split(":", 5)[5],
            **({"healthCheck": {**check, **{n: v for n, v in asked.items() if n not in check}}} if asked else {})}


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = only(aws.elbv2.describe_target_groups(TargetGroupArns=[id_])["TargetGroups"])
    if live is None:
        return None
    said = {a["Key"]: a["Value"] for a in aws.elbv2.describe_target_group_attributes(TargetGroupArn=id_)["Attributes"]}
    now = {name: value_of(said[key], properties[name]) for name, key in ATTRIBUTES.items()
           if key in said and properties.get(name) is not None}
    sticky = properties.get("stickiness")
    if sticky:
        now["stickiness"] = {name: value_of(said.get(STICKY[name], word(value)), value) if name in STICKY else value
                             for name, value in sticky.items()}
    return {**shape(live, properties), **now, "tagsAll": tags_of(aws, id_)}


def seek(aws: Aws, inputs: Props) -> Iterable[str]:
    for live in aws.pages("elbv2", "describe_target_groups", "TargetGroups"):
        if live["TargetGroupName"] == inputs["name"]:
            yield live["TargetGroupArn"]


def change_attributes(aws: Aws, id_: str, old: Props, new: Props) -> None:
    aws.elbv2.modify_target_group_attributes(TargetGroupArn=id_, Attributes=attributes(new))


# --- attachments -----------------------------------------------------------------------------------

def target(properties: Props) -> dict[str, Any]:
    return params(properties, "port availabilityZone", targetId="Id")


def id_of(inputs: Props) -> str:
    port = f"-{inputs['port']}" if inputs.get("port") else ""
    return f"{inputs['targetGroupArn']}-{inputs['targetId']}{port}"


def attach(aws: Aws, inputs: Props) -> Made:
    aws.elbv2.register_targets(TargetGroupArn=inputs["targetGroupArn"], Targets=[target(inputs)])
    return Made(id_of(inputs), {})


def find_attachment(aws: Aws, id_: str, properties: Props) -> Props | None:
    known = aws.elbv2.describe_target_health(TargetGroupArn=properties["targetGroupArn"])["TargetHealthDescriptions"]
    same = [t for t in known if t["Target"]["Id"] == properties["targetId"]
            and properties.get("port") in (None, t["Target"].get("Port"))]
    return {"targetId": properties["targetId"]} if same else None


def detach(aws: Aws, id_: str, properties: Props) -> None:
    aws.elbv2.deregister_targets(TargetGroupArn=properties["targetGroupArn"], Targets=[target(properties)])


KINDS = (
    Kind(urn_type="aws:lb/targetGroup:TargetGroup", make=make, complete=complete, find=find, seek=seek, tag=tag,
         drop=lambda aws, id_, properties: aws.elbv2.delete_target_group(TargetGroupArn=id_),
         fixed="name namePrefix port protocol vpcId targetType protocolVersion ipAddressType",
         naming=Naming(longest=32), defaults={"targetType": "instance"}, volatile="loadBalancerArns",
         changes={"healthCheck": lambda aws, id_, old, new: aws.elbv2.modify_target_group(
                      TargetGroupArn=id_, **health(new)),
                  " ".join(["stickiness", *ATTRIBUTES]): change_attributes},
         checks=(one_of("targetType", "instance", "ip", "lambda", "alb"), between("port", 1, 65535),
                 between("deregistrationDelay", 0, 3600))),
    Kind(urn_type="aws:lb/targetGroupAttachment:TargetGroupAttachment", make=attach, find=find_attachment, drop=detach,
         id_of=id_of, fixed="targetGroupArn targetId port availabilityZone", required="targetGroupArn targetId"),
)
