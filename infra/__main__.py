"""The whole system. Read `build` from top to bottom: that is what a stack consists of.

Traffic:  internet → edge (ALB) → web (nginx) → inner (NLB) → was (Django) → database (MySQL).
Releases: storage (S3) → delivery (CodeDeploy) → the hosts of both tiers; Jenkins drives it.
"""

from __future__ import annotations

import os

import pulumi
from pulumi import Output, ResourceOptions

from infra import wiring
from infra.account import look_up, make_provider
from infra.alarms import Alarms
from infra.collector_keys import CollectorKeys
from infra.configuration import load_settings
from infra.contract import PublishedContract
from infra.dashboard import Dashboard
from infra.database import Database
from infra.delivery import Delivery
from infra.edge import Edge
from infra.internal import InternalBalancer
from infra.jenkins import Jenkins
from infra.network import Network
from infra.settings import Settings
from infra.storage import Storage
from infra.tier import Tier
from infra.web_firewall import WebFirewall


def build(settings: Settings, endpoint: str | None = None) -> dict[str, Output[str]]:
    """Everything that stack `settings.stack` consists of. Returns its outputs."""
    provider = make_provider(settings, endpoint)
    account = look_up(settings.aws.region, provider)
    aws = ResourceOptions(provider=provider)

    storage = Storage("coko", wiring.storage(settings, account), aws)
    network = Network("coko", wiring.network(settings, account, storage), aws)
    edge = Edge("coko", wiring.edge(settings, network, storage), aws)

    web = Tier("coko-web", wiring.web(settings, account, network, storage, edge), aws)
    inner = InternalBalancer("coko-inner", wiring.inner(settings, network, storage, web), aws)
    was = Tier("coko-was", wiring.was(settings, account, network, storage, inner), aws)
    edge.route("web", 100, web.target_group_arn, host=settings.edge.domain)
    inner.forward(was.target_group_arn)

    database = Database("coko", wiring.database(settings, network, storage, was), aws)
    keys = CollectorKeys("coko-collectors", storage.key_arn, destroyable=not settings.production, opts=aws)
    was.allow("database", database.read_secret())
    was.allow("collectors", keys.read())

    alarms = Alarms("coko", wiring.alarms(settings, account, storage, edge, inner, web, was, database), aws)
    delivery = Delivery("coko", wiring.delivery(settings, account, storage, alarms, web, was), aws)
    dashboard = Dashboard(f"coko-{settings.stack}", wiring.dashboard(settings, edge, web, was, database), aws)
    if settings.edge.waf:
        WebFirewall("coko", edge.balancer_arn, settings.edge.rate_limit, aws)
    if settings.jenkins.enabled:
        Jenkins("coko-jenkins", wiring.jenkins(settings, account, network, storage, edge, delivery, web, was), aws)

    contract = wiring.contract(settings, edge, inner, web, was, database, keys, storage, delivery, alarms, dashboard)
    published = PublishedContract("coko", settings.stack, contract, aws)
    return {**published.outputs, "name-servers": edge.name_servers.apply(", ".join)}


def main() -> None:
    settings = load_settings()
    outputs = build(settings, os.environ.get("AWS_ENDPOINT_URL", settings.aws.endpoint))
    for name, value in outputs.items():
        pulumi.export(name, value)


if __name__ == "__main__":
    main()
