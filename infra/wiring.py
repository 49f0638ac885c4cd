"""Which component gets what from which: the arguments of every component in `__main__`, one function each."""

from __future__ import annotations

from pulumi import Output

from infra.account import Account
from infra.alarms import Alarms, AlarmsArgs
from infra.collector_keys import CollectorKeys
from infra.contract import Contract, DatabaseContract, TierContract
from infra.dashboard import Dashboard, DashboardArgs
from infra.database import NAME as DATABASE_NAME
from infra.database import PORT as DATABASE_PORT
from infra.database import Database, DatabaseArgs
from infra.delivery import Delivered, Delivery, DeliveryArgs
from infra.edge import Edge, EdgeArgs
from infra.internal import InternalBalancer, InternalBalancerArgs
from infra.jenkins import JenkinsArgs
from infra.network import Network, NetworkArgs
from infra.settings import Settings, TierSettings
from infra.storage import Storage, StorageArgs
from infra.tier import Tier, TierArgs

WEB_PORT, WAS_PORT = 80, 8000
HTTPS, HTTP, SEOUL = 443, 80, 8088

OUTBOUND = {HTTPS: "AWS's APIs, packages", HTTP: "Packages"}
OUTBOUND_COLLECTORS = {HTTPS: "AWS's APIs, packages, Naver", HTTP: "Packages, data.go.kr", SEOUL: "openapi.seoul.go.kr"}


def storage(settings: Settings, account: Account) -> StorageArgs:
    return StorageArgs(account=account, stack=settings.stack, destroyable=not settings.production,
                       keep_releases_days=settings.delivery.keep_releases_days,
                       access_log_days=settings.edge.access_log_days)


def network(settings: Settings, account: Account, storage: Storage) -> NetworkArgs:
    return NetworkArgs(settings=settings.network, region=account.region, account=account.id, log_key=storage.key_arn,
                       log_group=f"/coko/{settings.stack}/flow")


def edge(settings: Settings, network: Network, storage: Storage) -> EdgeArgs:
    return EdgeArgs(settings=settings.edge, vpc_id=network.vpc_id, subnet_ids=network.public_subnet_ids,
                    log_bucket=storage.log_bucket, subdomains=["jenkins"] if settings.jenkins.enabled else [])


def web(settings: Settings, account: Account, network: Network, storage: Storage, edge: Edge) -> TierArgs:
    return TierArgs(
        tier="web", settings=settings.web, peer=edge.security_group, port=WEB_PORT, protocol="HTTP",
        health_path="/healthz", outbound=OUTBOUND, parameters=["web/*"],
        stack=settings.stack, tags=settings.tags, account=account, hosts=settings.hosts, vpc_id=network.vpc_id,
        subnet_ids=network.private_subnet_ids, bucket_arn=storage.artifact_bucket_arn, key_arn=storage.key_arn)


def inner(settings: Settings, network: Network, storage: Storage, web: Tier) -> InternalBalancerArgs:
    return InternalBalancerArgs(
        vpc_id=network.vpc_id, subnet_ids=network.private_subnet_ids, source=web.security_group, port=WAS_PORT,
        log_bucket=storage.log_bucket, deletion_protection=settings.edge.deletion_protection)


def was(settings: Settings, account: Account, network: Network, storage: Storage,
        inner: InternalBalancer) -> TierArgs:
    return TierArgs(
        tier="was", settings=settings.was, peer=inner.security_group, port=WAS_PORT, protocol="TCP",
        health_path="/readyz", outbound=OUTBOUND_COLLECTORS if settings.was.collectors else OUTBOUND,
        parameters=["was/*", "database/*", "collector-secret"],
        stack=settings.stack, tags=settings.tags, account=account, hosts=settings.hosts, vpc_id=network.vpc_id,
        subnet_ids=network.private_subnet_ids, bucket_arn=storage.artifact_bucket_arn, key_arn=storage.key_arn)


def database(settings: Settings, network: Network, storage: Storage, was: Tier) -> DatabaseArgs:
    return DatabaseArgs(stack=settings.stack, settings=settings.database, production=settings.production,
                        vpc_id=network.vpc_id, subnet_ids=network.database_subnet_ids, client=was.security_group,
                        key_arn=storage.key_arn, log_days=settings.was.log_days)


def alarms(settings: Settings, account: Account, storage: Storage, edge: Edge, inner: InternalBalancer, web: Tier,
           was: Tier, database: Database) -> AlarmsArgs:
    return AlarmsArgs(
        account=account, settings=settings.alarms, key_arn=storage.key_arn, alb_suffix=edge.balancer_suffix,
        nlb_suffix=inner.balancer_suffix, tiers={"web": web, "was": was}, database=database.identifier,
        maxima={"web": settings.web.instances.maximum, "was": settings.was.instances.maximum})


def delivery(settings: Settings, account: Account, storage: Storage, alarms: Alarms, web: Tier,
             was: Tier) -> DeliveryArgs:
    tiers = {
        "web": Delivered(tier=web, settings=settings.web, alarms=alarms.deployment["web"]),
        "was": Delivered(tier=was, settings=settings.was, alarms=alarms.deployment["was"]),
    }
    return DeliveryArgs(tiers=tiers, topic_arn=alarms.topic_arn, key_arn=storage.key_arn,
                        alarms_arn=account.arn("cloudwatch", "alarm:*"))


def dashboard(settings: Settings, edge: Edge, web: Tier, was: Tier, database: Database) -> DashboardArgs:
    groups = {f"{tier} {colour}": group.name
              for tier, made in (("web", web), ("was", was)) for colour, group in made.groups.items()}
    return DashboardArgs(region=settings.aws.region, alb_suffix=edge.balancer_suffix, groups=groups,
                         database=database.identifier)


def jenkins(settings: Settings, account: Account, network: Network, storage: Storage, edge: Edge, delivery: Delivery,
            web: Tier, was: Tier) -> JenkinsArgs:
    return JenkinsArgs(
        stack=settings.stack, account=account, settings=settings.jenkins, hosts=settings.hosts,
        vpc_id=network.vpc_id, subnet_id=network.private_subnet_ids[0], zone=network.zones[0],
        protect_data=settings.production, edge=edge, delivery=delivery, tiers=[web, was],
        host_name=f"jenkins.{settings.edge.domain}", bucket=storage.artifact_bucket, log_days=settings.was.log_days,
        bucket_arn=storage.artifact_bucket_arn, key_arn=storage.key_arn)


def contract(settings: Settings, edge: Edge, inner: InternalBalancer, web: Tier, was: Tier, database: Database,
             keys: CollectorKeys, storage: Storage, delivery: Delivery, alarms: Alarms,
             dashboard: Dashboard) -> Contract:
    sql = Output.concat(database.host, f":{DATABASE_PORT}")
    return Contract(
        region=settings.aws.region, site_url=edge.url, application=delivery.application,
        artifact_bucket=storage.artifact_bucket, alarm_topic=alarms.topic_arn, dashboard=dashboard.name,
        collector_secret=keys.arn,
        web=_tier(settings.web, web, delivery, port=WEB_PORT, health_path="/healthz", upstream=inner.endpoint),
        was=_tier(settings.was, was, delivery, port=WAS_PORT, health_path="/readyz", upstream=sql),
        database=DatabaseContract(host=database.host, port=str(DATABASE_PORT), name=DATABASE_NAME,
                                  secret=database.secret_arn))


def _tier(settings: TierSettings, made: Tier, delivery: Delivery, *, port: int, health_path: str,
          upstream: Output[str]) -> TierContract:
    return TierContract(
        deployment=settings.deployment, deployment_group=delivery.groups[made.tier],
        deployment_config=delivery.configs[made.tier], scaling_groups=Output.all(*made.group_names).apply(",".join),
        target_group=made.target_group_arn, health_path=health_path, port=str(port), log_group=made.log_group,
        upstream=upstream)
