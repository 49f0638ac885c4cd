"""Where the internet comes in: the domain and its certificate, the public balancer, what is routed where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import acm, ec2, lb, route53

from infra.connections import admit_internet, group
from infra.settings.services import EdgeSettings

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"      # TLS 1.3, and 1.2 with forward secrecy, no CBC


@dataclass(frozen=True, kw_only=True)
class EdgeArgs:
    settings: EdgeSettings
    vpc_id: Input[str]
    subnet_ids: Sequence[Input[str]]
    log_bucket: Input[str]
    subdomains: Sequence[str] = ()      # such as jenkins: names of their own, on the same certificate


class Edge(pulumi.ComponentResource):
    url: str
    name_servers: Output[Sequence[str]]
    balancer_arn: Output[str]
    balancer_suffix: Output[str]        # how CloudWatch names it

    def __init__(self, name: str, args: EdgeArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("coko:infra:Edge", name, None, opts)
        self._name, self._args = name, args
        self._child = ResourceOptions(parent=self)
        self._names = [args.settings.domain, *(f"{sub}.{args.settings.domain}" for sub in args.subdomains)]

        self._zone_id, self.name_servers = self._find_zone()
        self.security_group = self._make_security_group()
        self.balancer = self._make_balancer()
        self._redirect_to_https()
        self._listener = self._listen(self._make_certificate())
        self._publish_names()

        self.url = f"https://{args.settings.domain}"
        self.balancer_arn, self.balancer_suffix = self.balancer.arn, self.balancer.arn_suffix
        self.register_outputs({"url": self.url, "balancer_arn": self.balancer_arn})

    def route(self, name: str, priority: int, target_group_arn: Input[str], *, host: str,
              paths: Sequence[str] = (), sources: Sequence[str] = ()) -> None:
        """Requests for `host` (and only from `sources`, and only to `paths`, where given) go to a target group."""
        conditions = [lb.ListenerRuleConditionArgs(
            host_header=lb.ListenerRuleConditionHostHeaderArgs(values=[host]))]
        if paths:
            conditions.append(lb.ListenerRuleConditionArgs(
                path_pattern=lb.ListenerRuleConditionPathPatternArgs(values=[*paths])))
        if sources:
            conditions.append(lb.ListenerRuleConditionArgs(
                source_ip=lb.ListenerRuleConditionSourceIpArgs(values=[*sources])))
        lb.ListenerRule(f"{self._name}-{name}", listener_arn=self._listener.arn, priority=priority,
                        actions=[lb.ListenerRuleActionArgs(type="forward", target_group_arn=target_group_arn)],
                        conditions=conditions, opts=self._child)

    def _find_zone(self) -> tuple[Input[str], Output[Sequence[str]]]:
        domain = self._args.settings.domain
        if self._args.settings.zone == "adopt":
            found = route53.get_zone(name=domain, opts=pulumi.InvokeOptions(parent=self))
            return found.zone_id, Output.from_input(found.name_servers)
        zone = route53.Zone(self._name, name=domain, comment="Made by Pulumi: delegate it from its parent zone",
                            opts=self._child)
        return zone.zone_id, zone.name_servers

    def _make_certificate(self) -> Output[str]:
        """Proven by records in the zone; usable only once AWS has seen them."""
        certificate = acm.Certificate(self._name, domain_name=self._names[0], validation_method="DNS",
                                      subject_alternative_names=self._names[1:] or None, opts=self._child)
        records = []
        for position, host in enumerate(self._names):
            proof = certificate.domain_validation_options[position]
            records.append(route53.Record(
                f"{self._name}-proof-{host.split('.')[0]}", zone_id=self._zone_id, name=proof.resource_record_name,
                type=proof.resource_record_type, records=[proof.resource_record_value], ttl=300, allow_overwrite=True,
                opts=self._child))
        validated = acm.CertificateValidation(self._name, certificate_arn=certificate.arn,
                                              validation_record_fqdns=[record.fqdn for record in records],
                                              opts=self._child)
        return validated.certificate_arn

    def _make_security_group(self) -> ec2.SecurityGroup:
        access = group(f"{self._name}-alb", "The public balancer", self._args.vpc_id, parent=self)
        admit_internet(f"{self._name}-http", access, 80, "HTTP, answered with a redirect", parent=self)
        admit_internet(f"{self._name}-https", access, 443, "HTTPS", parent=self)
        return access

    def _make_balancer(self) -> lb.LoadBalancer:
        return lb.LoadBalancer(
            self._name, load_balancer_type="application", internal=False, ip_address_type="dualstack",
            subnets=[*self._args.subnet_ids], security_groups=[self.security_group.id],
            drop_invalid_header_fields=True, desync_mitigation_mode="defensive", idle_timeout=60,
            enable_deletion_protection=self._args.settings.deletion_protection,
            access_logs=lb.LoadBalancerAccessLogsArgs(bucket=self._args.log_bucket, prefix="alb", enabled=True),
            tags={"Name": self._name}, opts=self._child)

    def _redirect_to_https(self) -> None:
        """Host, path and query stay: that is what an empty redirect keeps."""
        lb.Listener(f"{self._name}-http", load_balancer_arn=self.balancer.arn, port=80, protocol="HTTP",
                    default_actions=[lb.ListenerDefaultActionArgs(
                        type="redirect", redirect=lb.ListenerDefaultActionRedirectArgs(
                            protocol="HTTPS", port="443", host="#{host}", path="/#{path}", query="#{query}",
                            status_code="HTTP_301"))], opts=self._child)

    def _listen(self, certificate_arn: Input[str]) -> lb.Listener:
        """Names that nobody routes get a 404 here: scanners by address never reach a host."""
        nothing = lb.ListenerDefaultActionFixedResponseArgs(content_type="text/plain", status_code="404",
                                                            message_body="Nothing lives at this name.")
        return lb.Listener(f"{self._name}-https", load_balancer_arn=self.balancer.arn, port=443, protocol="HTTPS",
                           ssl_policy=TLS_POLICY, certificate_arn=certificate_arn,
                           default_actions=[lb.ListenerDefaultActionArgs(type="fixed-response",
                                                                         fixed_response=nothing)], opts=self._child)

    def _publish_names(self) -> None:
        target = route53.RecordAliasArgs(name=self.balancer.dns_name, zone_id=self.balancer.zone_id,
                                         evaluate_target_health=True)
        for host in self._names:
            for kind in ("A", "AAAA"):
                route53.Record(f"{self._name}-{host.split('.')[0]}-{kind.lower()}", zone_id=self._zone_id, name=host,
                               type=kind, aliases=[target], opts=self._child)
