"""The database: hidden, encrypted both ways, in two zones, backed up, and with a password that nobody has seen."""

from __future__ import annotations

from infra.policy import kinds
from infra.policy.rule import Findings, Pack, Subject
from infra.policy.rules.network import routes_of

DATABASES = Pack("RDS")
DEFAULT_NAMES = ("admin", "administrator", "root", "mysql", "master", "postgres")
SHORTEST_BACKUP = 7
LOGS = ("error", "slowquery")


@DATABASES.rule(1, "Databases are encrypted at rest", severity="high", controls=("RDS.3", "CIS 2.2.1"),
                of=kinds.DATABASE)
def encrypted(database: Subject) -> Findings:
    if not database["storageEncrypted"]:
        yield database.finding("keeps plain data on disk, and in every snapshot", fix="storage_encrypted=True")


@DATABASES.rule(2, "Databases use the stack's own key", severity="low", controls=None, of=kinds.DATABASE)
def own_key(database: Subject) -> Findings:
    if database.first(kinds.KEY) is None or database["kmsKeyId"] not in [key.arn for key in database.others(kinds.KEY)]:
        yield database.finding("is encrypted with AWS's shared key: its use cannot be limited", fix="kms_key_id")


@DATABASES.rule(3, "Databases have no public address", severity="critical", controls=("RDS.2", "CIS 2.2.3"),
                of=kinds.DATABASE)
def hidden(database: Subject) -> Findings:
    if database["publiclyAccessible"] is not False:
        yield database.finding("has a public address", fix="publicly_accessible=False")


@DATABASES.rule(4, "Databases stand in subnets without any way out", severity="high", controls=("RDS.46",),
                of=kinds.DATABASE_SUBNETS)
def isolated(group: Subject) -> Findings:
    for subnet in group["subnetIds"]:
        for route in routes_of(group, subnet):
            yield group.finding(f"{subnet} leads out by {route.name}", fix="use subnets with the VPC's own route only")


@DATABASES.rule(5, "Databases of a production stack have a standby in another zone", severity="high",
                controls=("RDS.5", "CIS 2.2.4"), of=kinds.DATABASE, production_only=True)
def two_zones(database: Subject) -> Findings:
    if not database["multiAz"]:
        yield database.finding("is gone when its zone is", fix="coko:database: multi_az: true")


@DATABASES.rule(6, "Databases of a production stack cannot be deleted by mistake", severity="high",
                controls=("RDS.8",), of=kinds.DATABASE, production_only=True)
def protected(database: Subject) -> Findings:
    if not database["deletionProtection"]:
        yield database.finding("can be deleted at once", fix="coko:database: deletion_protection: true")


@DATABASES.rule(7, "A production database leaves a snapshot when it goes", severity="high", controls=None,
                of=kinds.DATABASE, production_only=True)
def leaves_a_snapshot(database: Subject) -> Findings:
    if database["skipFinalSnapshot"] is not False or not database["finalSnapshotIdentifier"]:
        yield database.finding("takes its data with it", fix="skip_final_snapshot=False, final_snapshot_identifier")


@DATABASES.rule(8, "Databases are backed up for a week at least", severity="high", controls=("RDS.11",),
                of=kinds.DATABASE)
def backed_up(database: Subject) -> Findings:
    if (database["backupRetentionPeriod"] or 0) < SHORTEST_BACKUP:
        yield database.finding(f"keeps backups for {database['backupRetentionPeriod'] or 0} days",
                               fix=f"coko:database: backup_days: {SHORTEST_BACKUP} or more")


@DATABASES.rule(9, "Databases take their minor versions by themselves", severity="high",
                controls=("RDS.13", "CIS 2.2.2"), of=kinds.DATABASE)
def kept_current(database: Subject) -> Findings:
    if not database["autoMinorVersionUpgrade"]:
        yield database.finding("waits for somebody to patch it", fix="auto_minor_version_upgrade=True")


@DATABASES.rule(10, "Databases refuse paid extended support", severity="low", controls=None, of=kinds.DATABASE)
def no_silent_bill(database: Subject) -> Findings:
    if database["engineLifecycleSupport"] != "open-source-rds-extended-support-disabled":
        yield database.finding("is billed for extended support once its version ends",
                               fix='engine_lifecycle_support="open-source-rds-extended-support-disabled"')


@DATABASES.rule(11, "Snapshots carry the database's tags", severity="low", controls=("RDS.17",), of=kinds.DATABASE)
def snapshots_are_tagged(database: Subject) -> Findings:
    if not database["copyTagsToSnapshot"]:
        yield database.finding("has snapshots without an owner", fix="copy_tags_to_snapshot=True")


@DATABASES.rule(12, "Databases accept IAM's short-lived tokens", severity="medium", controls=("RDS.10",),
                of=kinds.DATABASE)
def tokens_are_accepted(database: Subject) -> Findings:
    if not database["iamDatabaseAuthenticationEnabled"]:
        yield database.finding("knows passwords only", fix="iam_database_authentication_enabled=True")


@DATABASES.rule(13, "The database's administrator has a name of its own", severity="low", controls=("RDS.25",),
                of=kinds.DATABASE)
def own_administrator(database: Subject) -> Findings:
    if str(database["username"]).lower() in DEFAULT_NAMES:
        yield database.finding(f"has an administrator that everybody guesses: {database['username']}", fix="username")


@DATABASES.rule(14, "RDS makes and rotates the master password itself", severity="critical", controls=None,
                of=kinds.DATABASE)
def password_is_managed(database: Subject) -> Findings:
    if not database["manageMasterUserPassword"]:
        yield database.finding("has a password that somebody wrote down", fix="manage_master_user_password=True")


@DATABASES.rule(15, "Databases refuse connections without TLS", severity="medium", controls=("RDS.39",),
                of=kinds.DATABASE)
def encrypted_on_the_way(database: Subject) -> Findings:
    group = next((group for group in database.others(kinds.DATABASE_PARAMETERS)
                  if group.resource.outputs.get("name") == database["parameterGroupName"]), None)
    values = {one["name"]: one["value"] for one in group["parameters"]} if group else {}
    if str(values.get("require_secure_transport")) not in ("1", "ON"):
        yield database.finding("accepts plain connections", fix="require_secure_transport=1 in its parameter group")


@DATABASES.rule(16, "Errors and slow queries are exported", severity="medium", controls=None, of=kinds.DATABASE)
def logs_are_exported(database: Subject) -> Findings:
    missing = [log for log in LOGS if log not in (database["enabledCloudwatchLogsExports"] or [])]
    if missing:
        yield database.finding(f"keeps its {' and '.join(missing)} log to itself",
                               fix="enabled_cloudwatch_logs_exports")


@DATABASES.rule(17, "Exported logs have a log group that ends", severity="low", controls=None, of=kinds.DATABASE)
def logs_have_a_home(database: Subject) -> Findings:
    """RDS makes absent log groups itself, without encryption and for ever."""
    for log in database["enabledCloudwatchLogsExports"] or []:
        name = f"/aws/rds/instance/{database['identifier']}/{log}"
        if database.first(kinds.LOG_GROUP, name=name) is None:
            yield database.finding(f"lets RDS make {name}", fix="a LogGroup of that name, with a retention")


@DATABASES.rule(18, "Databases have room to grow", severity="medium", controls=None, of=kinds.DATABASE)
def room_to_grow(database: Subject) -> Findings:
    if (database["maxAllocatedStorage"] or 0) <= database["allocatedStorage"]:
        yield database.finding("stops when its disk is full", fix="coko:database: max_storage_gib")
