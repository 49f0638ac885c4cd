"""Mistakes at the edge: certificates, firewall, balancers, listeners, target groups."""

from __future__ import annotations

from infra.policy import kinds
from tests.infra.policy.draft import breaks, drop, put, remove

FORWARD = [{"type": "forward", "targetGroupArn": "arn:aws:elasticloadbalancing:::targetgroup/coko-web/0123"}]

EDGE = (
    breaks("EDGE-1", put(kinds.CERTIFICATE, "coko", validationMethod="EMAIL")),
    breaks("EDGE-2", put(kinds.CERTIFICATE, "coko", keyAlgorithm="RSA_1024")),
    breaks("EDGE-3", remove(kinds.WEB_ACL_ASSOCIATION, "coko")),
    breaks("EDGE-4", put(kinds.WEB_ACL, "coko", rules__0__action={"count": {}})),
    breaks("EDGE-4", drop(kinds.WEB_ACL, "coko", "rules__0")),
    breaks("EDGE-5", put(kinds.WEB_ACL, "coko", rules__2__overrideAction={"count": {}})),
    # An empty ACL neither limits nor enforces.
    breaks("EDGE-5", put(kinds.WEB_ACL, "coko", rules=[]), also=("EDGE-4",)),
    breaks("EDGE-6", put(kinds.WEB_ACL, "coko", visibilityConfig__cloudwatchMetricsEnabled=False)),
    breaks("EDGE-6", put(kinds.WEB_ACL, "coko", rules__1__visibilityConfig__cloudwatchMetricsEnabled=False)),
    breaks("EDGE-7", drop(kinds.LISTENER_RULE, "coko-jenkins", "conditions__1")),
    breaks("EDGE-7", put(kinds.LISTENER_RULE, "coko-webhook", conditions__2__sourceIp__values=["0.0.0.0/0"])),
    breaks("EDGE-7", put(kinds.LISTENER_RULE, "coko-jenkins", conditions__1__sourceIp__values=["0.0.0.0/1"])),

    breaks("ELB-1", put(kinds.LISTENER, "coko-http", defaultActions=FORWARD)),
    breaks("ELB-1", put(kinds.LISTENER, "coko-http", defaultActions__0__redirect__protocol="HTTP")),
    breaks("ELB-2", put(kinds.LISTENER, "coko-http", defaultActions__0__redirect__statusCode="HTTP_302")),
    breaks("ELB-2", put(kinds.LISTENER, "coko-http", defaultActions__0__redirect__path="/")),
    breaks("ELB-3", put(kinds.BALANCER, "coko", dropInvalidHeaderFields=False)),
    breaks("ELB-4", put(kinds.BALANCER, "coko-inner", accessLogs__enabled=False)),
    breaks("ELB-5", put(kinds.BALANCER, "coko-inner", enableDeletionProtection=False)),
    breaks("ELB-6", put(kinds.BALANCER, "coko", desyncMitigationMode="monitor")),
    breaks("ELB-7", put(kinds.BALANCER, "coko", subnets=["coko-public-a-Subnet"])),
    breaks("ELB-8", put(kinds.LISTENER, "coko-https", sslPolicy="ELBSecurityPolicy-2016-08")),
    breaks("ELB-8", put(kinds.LISTENER, "coko-https", sslPolicy=None)),
    breaks("ELB-9", put(kinds.LISTENER, "coko-https", defaultActions=FORWARD)),
    breaks("ELB-10", put(kinds.LISTENER, "coko-https", certificateArn="arn:aws:acm:::certificate/imported")),
    breaks("ELB-11", put(kinds.BALANCER, "coko-inner", securityGroups=None),
           remove(kinds.SECURITY_GROUP, "coko-inner-nlb")),
    # The group that it had protects nothing any more.
    breaks("ELB-11", put(kinds.BALANCER, "coko-inner", securityGroups=[]), also=("SG-9",)),
    breaks("ELB-12", put(kinds.BALANCER, "coko-inner", subnets=["coko-public-a-Subnet", "coko-public-b-Subnet"])),
    breaks("ELB-13", put(kinds.TARGET_GROUP, "coko-was", healthCheck__protocol="TCP")),
    breaks("ELB-13", put(kinds.TARGET_GROUP, "coko-web", healthCheck__enabled=False)),
    breaks("ELB-14", put(kinds.TARGET_GROUP, "coko-was", preserveClientIp="true")),
    breaks("ELB-14", put(kinds.TARGET_GROUP, "coko-was", preserveClientIp=None)),
    breaks("ELB-15", put(kinds.BALANCER, "coko-inner", enableCrossZoneLoadBalancing=False)),
)
