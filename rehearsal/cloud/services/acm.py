"""ACM: a certificate is issued when its validation record stands in a zone of this account, and not before.

One that a listener uses cannot be deleted.
"""

from __future__ import annotations

from typing import Any

from rehearsal.cloud.answers import Answers, Call, Reply
from rehearsal.cloud.errors import AwsError

ANSWERS = Answers("acm")
PENDING, ISSUED = "PENDING_VALIDATION", "ISSUED"


@ANSWERS("DescribeCertificate")
def describe(call: Call) -> Reply:
    arn = call.params["CertificateArn"]
    judge(call, arn)
    certificate = call.onward()["Certificate"]
    certificate["InUseBy"] = users(call, arn)
    if certificate["Status"] == PENDING:
        for key in ("IssuedAt", "NotBefore", "NotAfter", "Serial"):
            certificate.pop(key, None)
    return {"Certificate": certificate}


@ANSWERS("GetCertificate")
def get(call: Call) -> Reply:
    judge(call, call.params["CertificateArn"])
    return call.onward()


@ANSWERS("ListCertificates")
def list_all(call: Call) -> Reply:
    for arn in _known(call):
        judge(call, arn)
    return call.onward()


@ANSWERS("DeleteCertificate")
def delete(call: Call) -> Reply:
    arn = call.params["CertificateArn"]
    if using := users(call, arn):
        raise AwsError("ResourceInUseException", f"Certificate {arn} is in use by {', '.join(using)}.")
    return call.onward()


def judge(call: Call, arn: str) -> None:
    """Issue a pending certificate if every name on it is validated in the DNS."""
    certificate = _known(call).get(arn)
    if certificate is None or certificate.status != PENDING:
        return
    shown = call.passing({"CertificateArn": arn}) if call.operation == "DescribeCertificate" else \
        call.ask("acm", "DescribeCertificate", CertificateArn=arn)
    needed = [option.get("ResourceRecord") for option in shown["Certificate"].get("DomainValidationOptions", [])]
    if needed and all(record and is_published(call, record) for record in needed):
        certificate.status = ISSUED


def is_published(call: Call, record: dict[str, str]) -> bool:
    name = record["Name"].lower().rstrip(".") + "."
    for zone in call.ask("route53", "ListHostedZones")["HostedZones"]:
        if name.endswith("." + zone["Name"]) and not zone["Config"].get("PrivateZone"):
            sets = call.ask("route53", "ListResourceRecordSets", HostedZoneId=zone["Id"].rsplit("/", 1)[-1],
                            StartRecordName=name, StartRecordType="CNAME", MaxItems="1")["ResourceRecordSets"]
            for found in sets:
                values = [r["Value"].rstrip(".") for r in found.get("ResourceRecords", [])]
                if found["Name"].lower() == name and record["Value"].rstrip(".") in values:
                    return True
    return False


def users(call: Call, arn: str) -> list[str]:
    """The balancers with a listener that shows this certificate."""
    using = set()
    for balancer in call.ask("elbv2", "DescribeLoadBalancers")["LoadBalancers"]:
        listeners = call.ask("elbv2", "DescribeListeners", LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        if any(arn == c["CertificateArn"] for listener in listeners for c in listener.get("Certificates", [])):
            using.add(balancer["LoadBalancerArn"])
    return sorted(using)


def _known(call: Call) -> dict[str, Any]:
    from moto.acm.models import acm_backends
    known: dict[str, Any] = acm_backends[call.account][call.region]._certificates
    return known
