"""The web ACL before the public balancer: AWS's managed rules, and a limit on how much one address may ask for."""

from __future__ import annotations

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import wafv2

# What AWS keeps up to date for us, in the order it is asked.
MANAGED_RULES = ("AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesCommonRuleSet",
                 "AWSManagedRulesKnownBadInputsRuleSet")


class WebFirewall(pulumi.ComponentResource):
    acl_arn: Output[str]

    def __init__(self, name: str, balancer_arn: Input[str], rate_limit: int,
                 opts: ResourceOptions | None = None) -> None:
        super().__init__("coko:infra:WebFirewall", name, None, opts)
        child = ResourceOptions(parent=self)
        acl = wafv2.WebAcl(
            name, scope="REGIONAL",
            default_action=wafv2.WebAclDefaultActionArgs(allow=wafv2.WebAclDefaultActionAllowArgs()),
            rules=[_rate_rule(rate_limit), *(_managed(rule, place) for place, rule in enumerate(MANAGED_RULES, 1))],
            visibility_config=wafv2.WebAclVisibilityConfigArgs(
                metric_name=name, cloudwatch_metrics_enabled=True, sampled_requests_enabled=True), opts=child)
        wafv2.WebAclAssociation(name, resource_arn=balancer_arn, web_acl_arn=acl.arn, opts=child)
        self.acl_arn = acl.arn
        self.register_outputs({"acl_arn": self.acl_arn})


def _visible(metric: str) -> wafv2.WebAclRuleVisibilityConfigArgs:
    return wafv2.WebAclRuleVisibilityConfigArgs(metric_name=metric, cloudwatch_metrics_enabled=True,
                                                sampled_requests_enabled=True)


def _rate_rule(limit: int) -> wafv2.WebAclRuleArgs:
    return wafv2.WebAclRuleArgs(
        name="rate", priority=0, action=wafv2.WebAclRuleActionArgs(block=wafv2.WebAclRuleActionBlockArgs()),
        statement=wafv2.WebAclRuleStatementArgs(rate_based_statement=wafv2.WebAclRuleStatementRateBasedStatementArgs(
            limit=limit, aggregate_key_type="IP")),
        visibility_config=_visible("rate"))


def _managed(name: str, priority: int) -> wafv2.WebAclRuleArgs:
    return wafv2.WebAclRuleArgs(
        name=name, priority=priority, override_action=wafv2.WebAclRuleOverrideActionArgs(
            none=wafv2.WebAclRuleOverrideActionNoneArgs()),  # type: ignore[no-untyped-call]
        statement=wafv2.WebAclRuleStatementArgs(
            managed_rule_group_statement=wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
                name=name, vendor_name="AWS")),
        visibility_config=_visible(name))
