"""The edge: certificates that need their record, balancers, the web firewall, the DNS."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.cloud import Clients, Network, code_of

VISIBLE = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}


@pytest.fixture
def domain(aws: Clients) -> tuple[str, str]:
    """A zone of our own: its name and id."""
    name = f"{aws.name('zone')}.example"
    return name, aws.route53.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]


@pytest.fixture
def balancer(aws: Clients, network: Network) -> dict[str, Any]:
    return dict(aws.elbv2.create_load_balancer(Name=aws.name("front"), Subnets=network.subnets[:2],
                                               SecurityGroups=[network.group])["LoadBalancers"][0])


def request(aws: Clients, name: str) -> str:
    return str(aws.acm.request_certificate(DomainName=name, SubjectAlternativeNames=[f"*.{name}"],
                                           ValidationMethod="DNS")["CertificateArn"])


def certificate(aws: Clients, arn: str) -> dict[str, Any]:
    return dict(aws.acm.describe_certificate(CertificateArn=arn)["Certificate"])


def publish(aws: Clients, zone: str, record: dict[str, str], value: str = "") -> None:
    aws.route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [{
        "Action": "UPSERT", "ResourceRecordSet": {"Name": record["Name"], "Type": record["Type"], "TTL": 60,
                                                  "ResourceRecords": [{"Value": value or record["Value"]}]}}]})


def issued(aws: Clients, domain: tuple[str, str]) -> str:
    arn = request(aws, domain[0])
    for option in certificate(aws, arn)["DomainValidationOptions"]:
        publish(aws, domain[1], option["ResourceRecord"])
    return arn


def test_a_certificate_needs_its_record(aws: Clients, domain: tuple[str, str]) -> None:
    arn = request(aws, domain[0])
    found = certificate(aws, arn)
    assert found["Status"] == "PENDING_VALIDATION"
    assert "NotAfter" not in found
    record = found["DomainValidationOptions"][0]["ResourceRecord"]
    publish(aws, domain[1], record, "something.else.example")
    assert certificate(aws, arn)["Status"] == "PENDING_VALIDATION"
    publish(aws, domain[1], record)
    found = certificate(aws, arn)
    assert found["Status"] == "ISSUED"
    assert {option["ValidationStatus"] for option in found["DomainValidationOptions"]} == {"SUCCESS"}
    listed = aws.acm.list_certificates(CertificateStatuses=["ISSUED"])["CertificateSummaryList"]
    assert arn in [row["CertificateArn"] for row in listed]


def listener(balancer: dict[str, Any], arn: str) -> dict[str, Any]:
    return {"LoadBalancerArn": balancer["LoadBalancerArn"], "Protocol": "HTTPS", "Port": 443,
            "Certificates": [{"CertificateArn": arn}], "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]}


def test_a_listener_shows_issued_certificates_only_and_holds_them(aws: Clients, domain: tuple[str, str],
                                                                  balancer: dict[str, Any]) -> None:
    pending = request(aws, f"nowhere.{domain[0]}")
    assert code_of(lambda: aws.elbv2.create_listener(**listener(balancer, pending))) == "UnsupportedCertificate"
    arn = issued(aws, domain)
    made = aws.elbv2.create_listener(**listener(balancer, arn))["Listeners"][0]
    assert certificate(aws, arn)["InUseBy"] == [balancer["LoadBalancerArn"]]
    assert code_of(lambda: aws.acm.delete_certificate(CertificateArn=arn)) == "ResourceInUseException"
    aws.elbv2.delete_listener(ListenerArn=made["ListenerArn"])
    aws.acm.delete_certificate(CertificateArn=arn)


def test_balancers_have_their_own_zones_and_names(aws: Clients, network: Network, balancer: dict[str, Any]) -> None:
    inner = aws.elbv2.create_load_balancer(Name=aws.name("inner"), Type="network", Subnets=network.subnets[:2],
                                           Scheme="internal", Tags=[{"Key": "a", "Value": "1"}])["LoadBalancers"][0]
    assert (balancer["CanonicalHostedZoneId"], inner["CanonicalHostedZoneId"]) == ("ZWKZPGTI48KDX", "ZIBE1TIR4HY56")
    assert ":loadbalancer/app/" in balancer["LoadBalancerArn"]
    assert ":loadbalancer/net/" in inner["LoadBalancerArn"]
    [again] = aws.elbv2.describe_load_balancers(LoadBalancerArns=[inner["LoadBalancerArn"]])["LoadBalancers"]
    assert again["State"]["Code"] == "active"
    [tags] = aws.elbv2.describe_tags(ResourceArns=[inner["LoadBalancerArn"]])["TagDescriptions"]
    assert tags["Tags"] == [{"Key": "a", "Value": "1"}]
    aws.elbv2.delete_load_balancer(LoadBalancerArn=inner["LoadBalancerArn"])


def test_protection_protects(aws: Clients, balancer: dict[str, Any]) -> None:
    arn = balancer["LoadBalancerArn"]

    def protect(value: str) -> None:
        aws.elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[
            {"Key": "deletion_protection.enabled", "Value": value}])
    attributes = aws.elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    assert {"Key": "routing.http2.enabled", "Value": "true"} in attributes
    protect("true")
    assert code_of(lambda: aws.elbv2.delete_load_balancer(LoadBalancerArn=arn)) == "OperationNotPermitted"
    protect("false")
    aws.elbv2.delete_load_balancer(LoadBalancerArn=arn)


def firewall(aws: Clients) -> dict[str, Any]:
    return dict(aws.wafv2.create_web_acl(Name=aws.name("acl"), Scope="REGIONAL", DefaultAction={"Allow": {}},
                                         VisibilityConfig=VISIBLE)["Summary"])


def test_a_firewall_in_use_stays(aws: Clients, balancer: dict[str, Any]) -> None:
    first, second = firewall(aws), firewall(aws)
    for acl in (first, second):      # the second takes the first one's place
        aws.wafv2.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=balancer["LoadBalancerArn"])

    def delete(acl: dict[str, Any]) -> None:
        aws.wafv2.delete_web_acl(Name=acl["Name"], Scope="REGIONAL", Id=acl["Id"], LockToken=acl["LockToken"])
    delete(first)
    assert code_of(lambda: delete(second)) == "WAFAssociatedItemException"
    aws.wafv2.disassociate_web_acl(ResourceArn=balancer["LoadBalancerArn"])
    delete(second)


def test_the_soa_record_reads_as_one(aws: Clients, domain: tuple[str, str]) -> None:
    rows = aws.route53.list_resource_record_sets(HostedZoneId=domain[1])["ResourceRecordSets"]
    [soa] = [row["ResourceRecords"][0]["Value"] for row in rows if row["Type"] == "SOA"]
    assert soa.split()[-5:] == ["1", "7200", "900", "1209600", "86400"]
