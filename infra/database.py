"""MySQL on RDS: two zones, encrypted, reachable from WAS alone, its master password kept by RDS in Secrets Manager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch, ec2, rds

from infra import iam, policies
from infra.connections import connect, group
from infra.settings.services import DatabaseSettings

PORT = 3306
NAME = "coko"
USER = "coko_admin"
EXPORTED_LOGS = ("error", "slowquery")

PARAMETERS = {
    "character_set_server": "utf8mb4",
    "collation_server": "utf8mb4_unicode_ci",       # one that MySQL 8 and MariaDB both have
    "time_zone": "UTC",
    "slow_query_log": "1",
    "long_query_time": "0.5",
    "log_output": "FILE",
    "require_secure_transport": "1",
}


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    stack: str
    settings: DatabaseSettings
    production: bool
    vpc_id: Input[str]
    subnet_ids: Sequence[Input[str]]
    client: ec2.SecurityGroup
    key_arn: Input[str]
    log_days: int


class Database(pulumi.ComponentResource):
    host: Output[str]
    secret_arn: Output[str]
    identifier: str

    def __init__(self, name: str, args: DatabaseArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("coko:infra:Database", name, None, opts)
        self._name, self._args = name, args
        self._child = ResourceOptions(parent=self)

        self.security_group = group(name, "The database", args.vpc_id, parent=self)
        connect(f"{name}-sql", args.client, self.security_group, PORT, "SQL from WAS", parent=self)
        # The one fixed name: RDS writes to log groups of this name, and would make them itself, kept for ever.
        self.identifier = f"{name}-{args.stack}"
        self._keep_logs()
        self.instance = self._make_instance()

        self.host = self.instance.address
        self.secret_arn = self.instance.master_user_secrets[0].secret_arn.apply(lambda arn: arn or "")
        self.register_outputs({"host": self.host, "secret_arn": self.secret_arn})

    def read_secret(self) -> Output[str]:
        """The policy that lets somebody read the master secret."""
        return iam.render(policies.read_secret, secret=self.secret_arn, key=self._args.key_arn)

    def _make_instance(self) -> rds.Instance:
        args, settings = self._args, self._args.settings
        return rds.Instance(
            self._name, identifier=self.identifier, engine="mysql", engine_version=settings.engine_version,
            instance_class=settings.instance_class,
            engine_lifecycle_support="open-source-rds-extended-support-disabled",    # never billed in silence
            db_name=NAME, username=USER, manage_master_user_password=True, master_user_secret_kms_key_id=args.key_arn,
            allocated_storage=settings.storage_gib, max_allocated_storage=settings.max_storage_gib,
            storage_type="gp3", storage_encrypted=True, kms_key_id=args.key_arn,
            multi_az=settings.multi_az, publicly_accessible=False, port=PORT,
            db_subnet_group_name=self._make_subnet_group().name, vpc_security_group_ids=[self.security_group.id],
            parameter_group_name=self._make_parameters().name,
            backup_retention_period=settings.backup_days, backup_window="17:00-18:00",      # 02:00 in Seoul
            maintenance_window="sun:18:30-sun:19:30", copy_tags_to_snapshot=True, auto_minor_version_upgrade=True,
            deletion_protection=settings.deletion_protection, skip_final_snapshot=not args.production,
            final_snapshot_identifier=f"{self.identifier}-final" if args.production else None,
            enabled_cloudwatch_logs_exports=[*EXPORTED_LOGS],
            iam_database_authentication_enabled=True, tags={"Name": self._name}, opts=self._child)

    def _make_subnet_group(self) -> rds.SubnetGroup:
        return rds.SubnetGroup(self._name, subnet_ids=[*self._args.subnet_ids], opts=self._child)

    def _make_parameters(self) -> rds.ParameterGroup:
        family = "mysql" + ".".join(self._args.settings.engine_version.split(".")[:2])
        return rds.ParameterGroup(
            self._name, family=family, description="UTF-8 throughout, slow queries logged, TLS required",
            parameters=[rds.ParameterGroupParameterArgs(name=key, value=value) for key, value in PARAMETERS.items()],
            opts=self._child)

    def _keep_logs(self) -> None:
        for log in EXPORTED_LOGS:
            cloudwatch.LogGroup(f"{self._name}-{log}", name=f"/aws/rds/instance/{self.identifier}/{log}",
                                kms_key_id=self._args.key_arn, retention_in_days=self._args.log_days, opts=self._child)
