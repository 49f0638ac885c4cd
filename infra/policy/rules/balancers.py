"""Load balancers: encrypted, logged, spread over zones, and passing on nothing that nobody asked for."""

from __future__ import annotations

from infra.policy import kinds
from infra.policy.rule import Findings, Pack, Subject
from infra.policy.rules.network import leads_to_internet_gateway, zones_of

BALANCERS = Pack("ELB")

# What AWS recommends (Security Hub's ELB.17): forward secrecy and authenticated ciphers only.
TLS_POLICIES = frozenset(
    f"ELBSecurityPolicy-{name}" for name in (
        "TLS13-1-2-Res-2021-06", "TLS13-1-2-Res-FIPS-2023-04", "TLS13-1-2-Res-PQ-2025-09",
        "TLS13-1-2-Res-FIPS-PQ-2025-09", "TLS13-1-3-2021-06", "TLS13-1-3-FIPS-2023-04", "TLS13-1-3-PQ-2025-09",
        "TLS13-1-3-FIPS-PQ-2025-09"))


def is_application(balancer: Subject) -> bool:
    return bool(balancer["loadBalancerType"] == "application")


def is_secure(listener: Subject) -> bool:
    return listener["protocol"] in ("HTTPS", "TLS")


def is_plain_http(listener: Subject) -> bool:
    return bool(listener["protocol"] == "HTTP")


@BALANCERS.rule(1, "Plain HTTP is only ever redirected to HTTPS", severity="high", controls=("ELB.1", "ELB.18"),
                of=kinds.LISTENER, where=is_plain_http)
def http_is_redirected(listener: Subject) -> Findings:
    for action in listener["defaultActions"]:
        if action.get("type") != "redirect" or action["redirect"].get("protocol") != "HTTPS":
            yield listener.finding("answers plain HTTP", fix="redirect to HTTPS as its only default action")


@BALANCERS.rule(2, "Redirects are permanent and keep host, path and query", severity="low", controls=None,
                of=kinds.LISTENER, where=is_plain_http)
def redirects_keep_the_address(listener: Subject) -> Findings:
    kept = {"host": "#{host}", "path": "/#{path}", "query": "#{query}", "statusCode": "HTTP_301"}
    for action in listener["defaultActions"]:
        redirect = action.get("redirect") or {}
        lost = [name for name, value in kept.items() if redirect and redirect.get(name, value) != value]
        if lost:
            yield listener.finding(f"changes {', '.join(lost)}",
                                   fix="leave them as #{host}, /#{path}, #{query}, HTTP_301")


@BALANCERS.rule(3, "Application balancers drop invalid headers", severity="medium", controls=("ELB.4",),
                of=kinds.BALANCER, where=is_application)
def invalid_headers_are_dropped(balancer: Subject) -> Findings:
    if not balancer["dropInvalidHeaderFields"]:
        yield balancer.finding("passes headers on that no standard allows", fix="drop_invalid_header_fields=True")


@BALANCERS.rule(4, "Balancers log every access", severity="medium", controls=("ELB.5",), of=kinds.BALANCER)
def accesses_are_logged(balancer: Subject) -> Findings:
    logs = balancer["accessLogs"] or {}
    if not (logs.get("enabled") and logs.get("bucket")):
        yield balancer.finding("keeps no access logs", fix="access_logs with a bucket and enabled=True")


@BALANCERS.rule(5, "Balancers of a production stack cannot be deleted by mistake", severity="medium",
                controls=("ELB.6",), of=kinds.BALANCER, production_only=True)
def balancers_are_protected(balancer: Subject) -> Findings:
    if not balancer["enableDeletionProtection"]:
        yield balancer.finding("can be deleted at once", fix="coko:edge: deletion_protection: true")


@BALANCERS.rule(6, "Application balancers stop request smuggling", severity="medium", controls=("ELB.12",),
                of=kinds.BALANCER, where=is_application)
def desync_is_mitigated(balancer: Subject) -> Findings:
    if balancer["desyncMitigationMode"] not in ("defensive", "strictest"):
        yield balancer.finding("lets ambiguous requests through", fix='desync_mitigation_mode="defensive"')


@BALANCERS.rule(7, "Balancers stand in two zones at least", severity="high", controls=("ELB.13",), of=kinds.BALANCER)
def balancers_survive_a_zone(balancer: Subject) -> Findings:
    if len(zones_of(balancer, balancer["subnets"])) < 2:
        yield balancer.finding("stands in one zone only", fix="give it a subnet in each zone")


@BALANCERS.rule(8, "TLS listeners use a policy that AWS recommends", severity="medium", controls=("ELB.17",),
                of=kinds.LISTENER, where=is_secure)
def tls_is_current(listener: Subject) -> Findings:
    if listener["sslPolicy"] not in TLS_POLICIES:
        yield listener.finding(f"negotiates by {listener['sslPolicy'] or 'the default policy of its day'}",
                               fix='ssl_policy="ELBSecurityPolicy-TLS13-1-2-Res-2021-06"')


@BALANCERS.rule(9, "Names that nobody routes are refused at the balancer", severity="low", controls=None,
                of=kinds.LISTENER, where=is_secure)
def unknown_names_stop_here(listener: Subject) -> Findings:
    for action in listener["defaultActions"]:
        answer = action.get("fixedResponse") or {}
        if not str(answer.get("statusCode", "")).startswith("4"):
            yield listener.finding("passes requests for any name on to a host", fix="a fixed 404 as default action")


@BALANCERS.rule(10, "TLS listeners wait for a certificate that has been validated", severity="medium", controls=None,
                of=kinds.LISTENER, where=is_secure)
def certificates_are_validated(listener: Subject) -> Findings:
    if listener.first(kinds.VALIDATION, certificateArn=listener["certificateArn"]) is None:
        yield listener.finding("uses a certificate that nothing has validated",
                               fix="pass the arn of acm.CertificateValidation")


@BALANCERS.rule(11, "Every balancer has security groups of its own", severity="high", controls=None, of=kinds.BALANCER)
def balancers_are_guarded(balancer: Subject) -> Findings:
    if not balancer["securityGroups"]:
        yield balancer.finding("accepts whatever reaches it", fix="security_groups, network balancers included")


@BALANCERS.rule(12, "Internal balancers stand in subnets without a way in from the internet", severity="high",
                controls=None, of=kinds.BALANCER, where=lambda balancer: balancer["internal"] is not False)
def internal_balancers_are_private(balancer: Subject) -> Findings:
    for subnet in balancer["subnets"]:
        if leads_to_internet_gateway(balancer, subnet):
            yield balancer.finding(f"stands in public subnet {subnet}", fix="use the private subnets")


@BALANCERS.rule(13, "Target groups check their hosts' health over HTTP", severity="medium", controls=None,
                of=kinds.TARGET_GROUP)
def health_is_checked(group: Subject) -> Findings:
    check = group["healthCheck"] or {}
    if not (check.get("enabled") and check.get("protocol") in ("HTTP", "HTTPS") and check.get("path")):
        yield group.finding("takes an open port for health", fix="an HTTP health check with a path")


@BALANCERS.rule(14, "Hosts behind a network balancer see the balancer, not the client", severity="medium",
                controls=None, of=kinds.TARGET_GROUP, where=lambda group: group["protocol"] == "TCP")
def client_addresses_stay_outside(group: Subject) -> Findings:
    """With preserved addresses the hosts' security group would have to admit every client."""
    if group["preserveClientIp"] != "false":
        yield group.finding("preserves client addresses", fix='preserve_client_ip="false"')


@BALANCERS.rule(15, "Network balancers spread over zones", severity="low", controls=None, of=kinds.BALANCER,
                where=lambda balancer: balancer["loadBalancerType"] == "network")
def zones_share_the_load(balancer: Subject) -> Findings:
    if not balancer["enableCrossZoneLoadBalancing"]:
        yield balancer.finding("sends each zone's traffic to that zone's hosts only: one gone, its traffic fails",
                               fix="enable_cross_zone_load_balancing=True")
