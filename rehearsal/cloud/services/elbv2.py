"""Load balancers: their own zone ids and ARNs, protection that protects, attributes as AWS has them from the start."""

from __future__ import annotations

from typing import Any

from rehearsal.cloud.answers import Answers, Call, Reply
from rehearsal.cloud.errors import AwsError

ANSWERS = Answers("elbv2")

# Route 53 zone ids of the balancers' names, as AWS publishes them for each region.
ZONES = {
    "application": {"ap-northeast-1": "Z14GRHDCWA56QT", "ap-northeast-2": "ZWKZPGTI48KDX",
                    "us-east-1": "Z35SXDOTRQ7X7K"},
    "network": {"ap-northeast-1": "Z31USIVHYNEOWT", "ap-northeast-2": "ZIBE1TIR4HY56", "us-east-1": "Z26RNL4JYFTOTI"},
}
COMMON = {"deletion_protection.enabled": "false", "access_logs.s3.enabled": "false", "access_logs.s3.bucket": "",
          "access_logs.s3.prefix": "", "zonal_shift.config.enabled": "false"}
FROM_THE_START = {
    "application": {
        **COMMON, "idle_timeout.timeout_seconds": "60", "client_keep_alive.seconds": "3600",
        "load_balancing.cross_zone.enabled": "true", "routing.http2.enabled": "true",
        "routing.http.desync_mitigation_mode": "defensive", "routing.http.drop_invalid_header_fields.enabled": "false",
        "routing.http.preserve_host_header.enabled": "false", "routing.http.xff_client_port.enabled": "false",
        "routing.http.xff_header_processing.mode": "append", "waf.fail_open.enabled": "false",
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false", "connection_logs.s3.enabled": "false",
        "connection_logs.s3.bucket": "", "connection_logs.s3.prefix": "",
    },
    "network": {**COMMON, "load_balancing.cross_zone.enabled": "false",
                "dns_record.client_routing_policy": "any_availability_zone"},
}


@ANSWERS("CreateLoadBalancer")
def create(call: Call) -> Reply:
    balancer = call.onward()["LoadBalancers"][0]
    known, kind = _backend(call).load_balancers, balancer["Type"]
    made = known.pop(balancer["LoadBalancerArn"])
    if kind == "network":
        _rename(call, made, made.arn.replace(":loadbalancer/app/", ":loadbalancer/net/"))
    known[made.arn] = made
    made.attrs = {**FROM_THE_START.get(kind, {})}
    made.activate()
    return {"LoadBalancers": [_shown(call, {**balancer, "LoadBalancerArn": made.arn})]}


@ANSWERS("DescribeLoadBalancers")
def describe(call: Call) -> Reply:
    reply = call.onward()
    return {**reply, "LoadBalancers": [_shown(call, balancer) for balancer in reply["LoadBalancers"]]}


@ANSWERS("CreateListener", "ModifyListener", "AddListenerCertificates")
def put_listener(call: Call) -> Reply:
    """A certificate that is not issued yet cannot be shown to anybody."""
    for certificate in call.params.get("Certificates", []):
        arn = certificate["CertificateArn"]
        if ":acm:" in arn and not _is_issued(call, arn):
            raise AwsError("UnsupportedCertificate", f"The certificate '{arn}' must have a fully-qualified domain "
                                                     "name, a supported signature, and a supported key size.")
    return call.onward()


@ANSWERS("DeleteLoadBalancer")
def delete(call: Call) -> Reply:
    made = _backend(call).load_balancers.get(call.params["LoadBalancerArn"])
    if made and made.attrs.get("deletion_protection.enabled") == "true":
        raise AwsError("OperationNotPermitted", f"Load balancer '{made.arn}' cannot be deleted because deletion "
                                                "protection is enabled")
    return call.onward()


def _is_issued(call: Call, arn: str) -> bool:
    return bool(call.ask("acm", "DescribeCertificate", CertificateArn=arn)["Certificate"]["Status"] == "ISSUED")


def _rename(call: Call, made: Any, arn: str) -> None:
    """A network balancer's ARN says so; moto names every one `app/`, and alarms would watch a name that is not."""
    service = _backend(call).tagging_service
    kept = service.get_tag_dict_for_resource(made.arn)
    service.delete_all_tags_for_resource(made.arn)
    made.arn = arn
    service.tag_resource(arn, [{"Key": key, "Value": value} for key, value in kept.items()])


def _shown(call: Call, balancer: dict[str, Any]) -> dict[str, Any]:
    zone = ZONES.get(balancer["Type"], {}).get(call.region)
    return {**balancer, **({"CanonicalHostedZoneId": zone} if zone else {})}


def _backend(call: Call) -> Any:
    from moto.elbv2.models import elbv2_backends
    return elbv2_backends[call.account][call.region]
