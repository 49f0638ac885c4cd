"""Load balancers: the balancer itself, its attributes, its subnets and groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import at_least, between, one_of
from rehearsal.provider.failures import is_gone
from rehearsal.provider.kind import Kind, Made, Naming, Problem
from rehearsal.provider.kinds.shapes import only, outputs, params, retagged, tag_list, tag_map
from rehearsal.provider.values import Props

ATTRIBUTES = {
    "enableDeletionProtection": "deletion_protection.enabled",
    "idleTimeout": "idle_timeout.timeout_seconds",
    "clientKeepAlive": "client_keep_alive.seconds",
    "enableHttp2": "routing.http2.enabled",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "preserveHostHeader": "routing.http.preserve_host_header.enabled",
    "desyncMitigationMode": "routing.http.desync_mitigation_mode",
    "xffHeaderProcessingMode": "routing.http.xff_header_processing.mode",
    "enableXffClientPort": "routing.http.xff_client_port.enabled",
    "enableTlsVersionAndCipherSuiteHeaders": "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
    "enableCrossZoneLoadBalancing": "load_balancing.cross_zone.enabled",
    "enableWafFailOpen": "waf.fail_open.enabled",
    "dnsRecordClientRoutingPolicy": "dns_record.client_routing_policy",
}
LOGS = {"enabled": "access_logs.s3.enabled", "bucket": "access_logs.s3.bucket", "prefix": "access_logs.s3.prefix"}


def word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def value_of(said: str, like: Any) -> Any:
    """What the API says in words, as the type that the program uses."""
    if isinstance(like, bool):
        return said == "true"
    return int(said) if isinstance(like, int) and said.isdigit() else said


def attributes(inputs: Props) -> list[dict[str, str]]:
    logs = inputs.get("accessLogs") or {}
    pairs = {**{key: inputs[name] for name, key in ATTRIBUTES.items() if inputs.get(name) is not None},
             **{key: logs[name] for name, key in LOGS.items() if logs.get(name) is not None}}
    return [{"Key": key, "Value": word(value)} for key, value in pairs.items()]


def make(aws: Aws, inputs: Props) -> Made:
    request = params(inputs, "name subnets securityGroups ipAddressType", loadBalancerType="Type")
    if inputs.get("subnetMappings"):
        request["SubnetMappings"] = [params(m, "subnetId allocationId", privateIpv4Address="PrivateIPv4Address")
                                     for m in inputs["subnetMappings"]]
    tags = tag_list(inputs["tagsAll"])
    scheme = "internal" if inputs["internal"] else "internet-facing"
    answer = aws.elbv2.create_load_balancer(**request, Scheme=scheme, **({"Tags": tags} if tags else {}))
    live = answer["LoadBalancers"][0]
    return Made(live["LoadBalancerArn"], shape(live))


def live_balancer(aws: Aws, arn: str) -> Any:
    try:
        return only(aws.elbv2.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"])
    except aws.elbv2.exceptions.ClientError as error:
        if is_gone(error):
            return None
        raise


def complete(aws: Aws, id_: str, inputs: Props) -> None:
    wanted = attributes(inputs)
    if wanted:
        aws.elbv2.modify_load_balancer_attributes(LoadBalancerArn=id_, Attributes=wanted)
    aws.wait(f"the load balancer {inputs['name']}",
             lambda: (live_balancer(aws, id_) or {}).get("State", {}).get("Code") == "active" or None, seconds=600)


def shape(live: Mapping[str, Any]) -> Props:
    return {**outputs(live, "securityGroups ipAddressType vpcId", name="LoadBalancerName", loadBalancerType="Type",
                      dnsName="DNSName", zoneId="CanonicalHostedZoneId", arn="LoadBalancerArn"),
            "internal": live["Scheme"] == "internal", "arnSuffix": live["LoadBalancerArn"].split(":loadbalancer/")[1],
            "subnets": [zone["SubnetId"] for zone in live["AvailabilityZones"]]}


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = live_balancer(aws, id_)
    if live is None:
        return None
    answer = aws.elbv2.describe_load_balancer_attributes(LoadBalancerArn=id_)
    said = {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}
    now = {name: value_of(said[key], properties[name]) for name, key in ATTRIBUTES.items()
           if key in said and properties.get(name) is not None}
    logs = properties.get("accessLogs")
    if logs:
        now["accessLogs"] = {name: value_of(said[key], logs.get(name)) for name, key in LOGS.items()
                             if key in said and name in logs}
    return {**shape(live), **now, "tagsAll": tags_of(aws, id_)}


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    found = only(aws.elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"])
    return tag_map(found["Tags"]) if found else {}


def listed(aws: Aws) -> list[Any]:
    return aws.pages("elbv2", "describe_load_balancers", "LoadBalancers")


def seek(aws: Aws, inputs: Props) -> Iterable[str]:
    for live in listed(aws):
        if live["LoadBalancerName"] == inputs["name"]:
            yield live["LoadBalancerArn"]


def tag(aws: Aws, id_: str, old: Props, new: Props) -> None:
    """The same for balancers, listeners, rules and target groups."""
    add, remove = retagged(old, new)
    if add:
        aws.elbv2.add_tags(ResourceArns=[id_], Tags=tag_list(add))
    if remove:
        aws.elbv2.remove_tags(ResourceArns=[id_], TagKeys=remove)


def change_attributes(aws: Aws, id_: str, old: Props, new: Props) -> None:
    before = attributes(old)
    changed = [attribute for attribute in attributes(new) if attribute not in before]
    if old.get("accessLogs") and not new.get("accessLogs"):
        changed.append({"Key": LOGS["enabled"], "Value": "false"})
    if changed:
        aws.elbv2.modify_load_balancer_attributes(LoadBalancerArn=id_, Attributes=changed)


def drop(aws: Aws, id_: str, properties: Props) -> None:
    aws.elbv2.delete_load_balancer(LoadBalancerArn=id_)
    aws.wait(f"deleting the load balancer {id_}", lambda: live_balancer(aws, id_) is None or None, seconds=600)


def two_zones(inputs: Props) -> Iterable[Problem]:
    if inputs.get("loadBalancerType") == "application":
        yield from at_least("subnets", 2, "an application load balancer spans two zones")(inputs)


KINDS = (
    Kind(urn_type="aws:lb/loadBalancer:LoadBalancer", make=make, complete=complete, find=find, drop=drop, seek=seek,
         tag=tag, fixed="name namePrefix internal loadBalancerType subnetMappings", naming=Naming(longest=32),
         sets="subnets securityGroups", defaults={"loadBalancerType": "application", "internal": False},
         changes={
             "securityGroups": lambda aws, id_, old, new: aws.elbv2.set_security_groups(
                 LoadBalancerArn=id_, SecurityGroups=new["securityGroups"]),
             "subnets": lambda aws, id_, old, new: aws.elbv2.set_subnets(LoadBalancerArn=id_, Subnets=new["subnets"]),
             "ipAddressType": lambda aws, id_, old, new: aws.elbv2.set_ip_address_type(
                 LoadBalancerArn=id_, IpAddressType=new["ipAddressType"]),
             " ".join(["accessLogs", *ATTRIBUTES]): change_attributes},
         checks=(one_of("loadBalancerType", "application", "network", "gateway"), two_zones,
                 between("idleTimeout", 1, 4000))),
)
