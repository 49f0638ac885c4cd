"""Private doors out of the VPC (endpoints), and the record of what went through it (flow logs)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import one_of
from rehearsal.provider.failures import is_gone
from rehearsal.provider.kind import Kind, Made
from rehearsal.provider.kinds import ec2
from rehearsal.provider.kinds.ec2 import Noun, tags_of
from rehearsal.provider.kinds.shapes import added_removed, only, outputs, params, pascal, tag_list
from rehearsal.provider.values import Props

LISTS = {"routeTableIds": "RouteTableIds", "subnetIds": "SubnetIds", "securityGroupIds": "SecurityGroupIds"}


def shape(aws: Aws, live: Mapping[str, Any]) -> Props:
    groups = [group["GroupId"] for group in live.get("Groups") or []]
    return {**outputs(live, "vpcId vpcEndpointType serviceName routeTableIds subnetIds privateDnsEnabled "
                            "networkInterfaceIds ownerId requesterManaged ipAddressType", policy="PolicyDocument"),
            **tags_of(live), "state": str(live["State"]).lower(), "securityGroupIds": groups,
            "arn": ec2.arn(aws, live, f"vpc-endpoint/{live['VpcEndpointId']}"),
            "dnsEntries": [{"dnsName": e["DnsName"], "hostedZoneId": e.get("HostedZoneId", "")}
                           for e in live.get("DnsEntries") or []]}


ENDPOINT = Noun(name="VpcEndpoint", shape=shape, whole=False, same="vpcId serviceName", params=lambda i: params(
    i, "vpcId serviceName vpcEndpointType privateDnsEnabled ipAddressType", policy="PolicyDocument", **LISTS))


def await_endpoint(aws: Aws, id_: str, inputs: Props) -> None:
    aws.wait(f"the endpoint {id_}",
             lambda: str((ENDPOINT.live(aws, id_) or {}).get("State", "")).lower() == "available" or None)


def change(aws: Aws, id_: str, old: Props, new: Props) -> None:
    request: dict[str, Any] = params(new, "privateDnsEnabled", policy="PolicyDocument")
    for name, parameter in LISTS.items():
        add, remove = added_removed(old, new, name)
        request |= {f"Add{parameter}": add} if add else {}
        request |= {f"Remove{parameter}": remove} if remove else {}
    aws.ec2.modify_vpc_endpoint(VpcEndpointId=id_, **request)


def drop(aws: Aws, id_: str, properties: Props) -> None:
    aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[id_])
    aws.wait(f"deleting the endpoint {id_}", lambda: gone(aws, id_) or None)


def gone(aws: Aws, id_: str) -> bool:
    try:
        return find_endpoint(aws, id_, {}) is None
    except aws.ec2.exceptions.ClientError as error:
        if is_gone(error):
            return True
        raise


def find_endpoint(aws: Aws, id_: str, properties: Props) -> Props | None:
    found = aws.ec2.describe_vpc_endpoints(VpcEndpointIds=[id_])["VpcEndpoints"]
    live = only(e for e in found if str(e["State"]).lower() not in ("deleted", "deleting"))
    return None if live is None else shape(aws, live)


# --- flow logs -------------------------------------------------------------------------------------

SOURCES = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}


def shape_log(aws: Aws, live: Mapping[str, Any]) -> Props:
    return {**outputs(live, "trafficType logDestinationType logDestination maxAggregationInterval logFormat",
                      iamRoleArn="DeliverLogsPermissionArn"), **tags_of(live),
            "arn": aws.arn("ec2", f"vpc-flow-log/{live['FlowLogId']}")}


def make_log(aws: Aws, inputs: Props) -> Made:
    source = next(name for name in SOURCES if inputs.get(name))
    answer = aws.ec2.create_flow_logs(
        ResourceIds=[inputs[source]], ResourceType=SOURCES[source],
        **{pascal(n): inputs[n] for n in ("trafficType", "logDestinationType", "logDestination",
                                          "maxAggregationInterval", "logFormat") if inputs.get(n)},
        **params(inputs, "", iamRoleArn="DeliverLogsPermissionArn"),
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": tag_list(inputs.get("tagsAll"))}]
        if inputs.get("tagsAll") else [])
    for failed in answer.get("Unsuccessful", []):
        raise RuntimeError(f"CreateFlowLogs answered {failed['Error']['Code']}: {failed['Error']['Message']}")
    return Made(answer["FlowLogIds"][0])


def find_log(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = only(aws.ec2.describe_flow_logs(FlowLogIds=[id_])["FlowLogs"])
    return None if live is None else shape_log(aws, live)


def seek_log(aws: Aws, inputs: Props) -> Iterable[str]:
    for live in aws.ec2.describe_flow_logs()["FlowLogs"]:
        if live["ResourceId"] in [inputs.get(name) for name in SOURCES]\
                and shape_log(aws, live)["tagsAll"] == (inputs.get("tagsAll") or {}):
            yield live["FlowLogId"]


def drop_log(aws: Aws, id_: str, properties: Props) -> None:
    aws.ec2.delete_flow_logs(FlowLogIds=[id_])


KINDS = (
    Kind(**{**ENDPOINT.rules(), "find": find_endpoint, "drop": drop}, urn_type="aws:ec2/vpcEndpoint:VpcEndpoint",
         complete=await_endpoint, required="vpcId serviceName", defaults={"vpcEndpointType": "Gateway"},
         fixed="vpcId serviceName vpcEndpointType ipAddressType", sets=" ".join(LISTS), documents="policy",
         changes={" ".join(["policy", "privateDnsEnabled", *LISTS]): change}, volatile="state",
         checks=(one_of("vpcEndpointType", "Gateway", "Interface", "GatewayLoadBalancer"),)),
    Kind(urn_type="aws:ec2/flowLog:FlowLog", make=make_log, find=find_log, drop=drop_log, seek=seek_log, tag=ec2.tag,
         fixed=" ".join(["trafficType logDestinationType logDestination maxAggregationInterval logFormat iamRoleArn",
                         *SOURCES]),
         defaults={"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600}),
)
