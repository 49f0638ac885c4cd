"""The edge: certificates that renew themselves, the firewall before the site, and who may see Jenkins."""

from __future__ import annotations

from typing import Any

from infra.policy import kinds
from infra.policy.rule import Findings, Pack, Subject
from infra.policy.rules.network import is_the_internet

EDGE = Pack("EDGE")
WEAK_KEYS = ("RSA_1024",)
MANAGED_RULES = ("AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet")


@EDGE.rule(1, "Certificates renew themselves", severity="medium", controls=("ACM.1",), of=kinds.CERTIFICATE)
def certificates_renew(certificate: Subject) -> Findings:
    if certificate["validationMethod"] != "DNS":
        yield certificate.finding("waits for somebody's mail at every renewal", fix='validation_method="DNS"')


@EDGE.rule(2, "Certificates have strong keys", severity="high", controls=("ACM.2",), of=kinds.CERTIFICATE)
def keys_are_strong(certificate: Subject) -> Findings:
    if certificate["keyAlgorithm"] in WEAK_KEYS:
        yield certificate.finding(f"has a {certificate['keyAlgorithm']} key", fix="RSA_2048 (the default) or EC")


@EDGE.rule(3, "The public balancer of a production stack stands behind a web ACL", severity="high",
           controls=("ELB.16",), of=kinds.BALANCER, production_only=True,
           where=lambda balancer: balancer["internal"] is False)
def the_site_has_a_firewall(balancer: Subject) -> Findings:
    if balancer.first(kinds.WEB_ACL_ASSOCIATION, resourceArn=balancer.arn) is None:
        yield balancer.finding("meets the internet without a web ACL", fix="coko:edge: waf: true")


@EDGE.rule(4, "Web ACLs limit how much one address may ask for", severity="medium", controls=("WAF.10",),
           of=kinds.WEB_ACL)
def rates_are_limited(acl: Subject) -> Findings:
    if not any("rateBasedStatement" in rule["statement"] and "block" in rule.get("action", {}) for rule in rules(acl)):
        yield acl.finding("blocks nobody who asks too often", fix="a rate_based_statement with a block action")


@EDGE.rule(5, "Web ACLs use AWS's rules against common attacks, and mean it", severity="medium", controls=("WAF.10",),
           of=kinds.WEB_ACL)
def managed_rules_are_on(acl: Subject) -> Findings:
    active = {rule["statement"]["managedRuleGroupStatement"]["name"] for rule in rules(acl)
              if "managedRuleGroupStatement" in rule["statement"] and "none" in rule.get("overrideAction", {})}
    for missing in sorted(set(MANAGED_RULES) - active):
        yield acl.finding(f"does not enforce {missing}", fix="add it with override_action none, not count")


@EDGE.rule(6, "What a web ACL does can be seen", severity="low", controls=("WAF.12",), of=kinds.WEB_ACL)
def the_firewall_is_visible(acl: Subject) -> Findings:
    blind = [part.get("name", "the ACL itself") for part in [*rules(acl), acl.resource.inputs]
             if not (part.get("visibilityConfig") or {}).get("cloudwatchMetricsEnabled")]
    if blind:
        yield acl.finding(f"has no metrics for {', '.join(blind)}", fix="cloudwatch_metrics_enabled=True")


@EDGE.rule(7, "Jenkins is shown to named networks only", severity="critical", controls=None, of=kinds.LISTENER_RULE,
           where=lambda rule: any(host.startswith("jenkins.") for host in values(rule, "hostHeader")))
def jenkins_knows_its_visitors(rule: Subject) -> Findings:
    networks = values(rule, "sourceIp")
    if not networks or is_the_internet(*networks):
        yield rule.finding("shows Jenkins to everybody", fix="coko:jenkins: webhook_networks and admin_networks")


def rules(acl: Subject) -> list[dict[str, Any]]:
    return acl["rules"] or []


def values(rule: Subject, condition: str) -> list[str]:
    return [value for one in rule["conditions"] if condition in one for value in one[condition]["values"]]
