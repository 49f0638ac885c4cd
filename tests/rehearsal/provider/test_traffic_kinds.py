"""DNS, certificates, balancers, target groups and the firewall before them."""

from __future__ import annotations

import pytest

from rehearsal.provider.aws import Aws
from rehearsal.provider.provider import Provider
from tests.rehearsal.provider.lives import Life


@pytest.fixture
def subnets(aws: Aws) -> list[str]:
    vpc = aws.ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    made = [aws.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.8.{n}.0/24", AvailabilityZone=f"ap-northeast-2{zone}")[
        "Subnet"]["SubnetId"] for n, zone in enumerate("ab")]
    return [vpc, *made]


def test_zones_records_and_proof(provider: Provider, aws: Aws) -> None:
    """A certificate is issued because its records stand in the zone, and not before."""
    zone = Life.begin(provider, "aws:route53/zone:Zone", name="trial.test", tags={"Name": "z"}, forceDestroy=True)
    zone.change(comment="told", tags={"Name": "y"})
    certificate = Life.begin(provider, "aws:acm/certificate:Certificate", domainName="trial.test",
                             validationMethod="DNS",
                             subjectAlternativeNames=["www.trial.test"])
    proofs = certificate.outputs["domainValidationOptions"]
    assert {proof["domainName"] for proof in proofs} == {"trial.test", "www.trial.test"}
    records = [Life.begin(provider, "aws:route53/record:Record", zoneId=zone.id, name=proof["resourceRecordName"],
                          ttl=300,
                          type=proof["resourceRecordType"], records=[proof["resourceRecordValue"]], allowOverwrite=True)
               for proof in proofs]
    valid = Life.begin(provider, "aws:acm/certificateValidation:CertificateValidation", certificateArn=certificate.id,
                       validationRecordFqdns=[record.outputs["fqdn"] for record in records])
    assert aws.acm.describe_certificate(CertificateArn=certificate.id)["Certificate"]["Status"] == "ISSUED"
    text = Life.begin(provider, "aws:route53/record:Record", zoneId=zone.id, name="note", type="TXT", ttl=60,
                      records=["a b"])
    assert text.outputs["fqdn"] == "note.trial.test"
    text.change(records=["c"], ttl=61)
    assert text.replaced_by(name="other") == ("name",)
    for life in (text, valid, *records, certificate, zone):
        life.end()


def test_balancers(provider: Provider, subnets: list[str], aws: Aws) -> None:
    vpc, *places = subnets
    group = aws.ec2.create_security_group(GroupName="lb", Description="lb", VpcId=vpc)["GroupId"]
    balancer = Life.begin(provider, "aws:lb/loadBalancer:LoadBalancer", "trial", subnets=places, securityGroups=[group],
                          idleTimeout=61, dropInvalidHeaderFields=True, desyncMitigationMode="defensive")
    targets = [Life.begin(provider, "aws:lb/targetGroup:TargetGroup", name, vpcId=vpc, port=80, protocol="HTTP",
                          targetType="instance", deregistrationDelay=7,
                          healthCheck={"path": "/healthz", "interval": 10, "timeout": 5, "matcher": "200",
                                       "healthyThreshold": 2, "unhealthyThreshold": 2}) for name in ("one", "two")]
    listener = Life.begin(provider, "aws:lb/listener:Listener", loadBalancerArn=balancer.id, port=80, protocol="HTTP",
                          defaultActions=[{"type": "fixed-response", "fixedResponse": {
                              "contentType": "text/plain", "statusCode": "404", "messageBody": "no"}}])
    listener.change(defaultActions=[{"type": "redirect", "redirect": {
        "protocol": "HTTPS", "port": "443", "host": "#{host}", "path": "/#{path}", "query": "#{query}",
        "statusCode": "HTTP_301"}}])
    rule = Life.begin(provider, "aws:lb/listenerRule:ListenerRule", listenerArn=listener.id, priority=5,
                      actions=[{"type": "forward", "targetGroupArn": targets[0].id}],
                      conditions=[{"hostHeader": {"values": ["trial.test"]}}, {"pathPattern": {"values": ["/a/*"]}}])
    rule.change(priority=6, actions=[{"type": "forward", "targetGroupArn": targets[1].id}])
    live = aws.elbv2.describe_rules(RuleArns=[rule.id])["Rules"][0]
    assert (live["Priority"], live["Actions"][0]["TargetGroupArn"]) == ("6", targets[1].id)
    targets[0].change(deregistrationDelay=9, healthCheck={**targets[0].inputs["healthCheck"], "path": "/readyz"})
    assert targets[0].replaced_by(port=81) == ("port",)
    balancer.change(idleTimeout=30)
    said = aws.elbv2.describe_load_balancer_attributes(LoadBalancerArn=balancer.id)["Attributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "30"} in said
    acl = Life.begin(provider, "aws:wafv2/webAcl:WebAcl", "trial", scope="REGIONAL", defaultAction={"allow": {}},
                     visibilityConfig={"cloudwatchMetricsEnabled": True, "sampledRequestsEnabled": True,
                                       "metricName": "t"})
    before = Life.begin(provider, "aws:wafv2/webAclAssociation:WebAclAssociation", webAclArn=acl.outputs["arn"],
                        resourceArn=balancer.id)
    acl.change(defaultAction={"block": {}})
    assert "Block" in aws.wafv2.get_web_acl(Name=acl.inputs["name"], Scope="REGIONAL",
                                            Id=acl.id)["WebACL"]["DefaultAction"]
    for life in (before, acl, rule, listener, *targets, balancer):
        life.end()


def test_deletion_protection_is_respected(provider: Provider, subnets: list[str]) -> None:
    balancer = Life.begin(provider, "aws:lb/loadBalancer:LoadBalancer", "kept", subnets=subnets[1:], internal=True,
                          loadBalancerType="network", enableDeletionProtection=True)
    with pytest.raises(Exception, match="could not be deleted"):
        balancer.end()
    balancer.change(enableDeletionProtection=False)
    balancer.end()
