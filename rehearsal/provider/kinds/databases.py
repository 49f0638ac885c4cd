"""RDS: database instances, and the groups they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import between
from rehearsal.provider.failures import is_gone
from rehearsal.provider.kind import Kind, Made, Naming, Problem
from rehearsal.provider.kinds.database_groups import GROUPS, tag, tags_of
from rehearsal.provider.kinds.shapes import only, outputs, params
from rehearsal.provider.values import Props

SAME = ("allocatedStorage maxAllocatedStorage engineVersion backupRetentionPeriod deletionProtection "
        "autoMinorVersionUpgrade copyTagsToSnapshot iops storageType storageThroughput monitoringInterval "
        "monitoringRoleArn publiclyAccessible vpcSecurityGroupIds caCertIdentifier masterUserSecretKmsKeyId "
        "manageMasterUserPassword allowMajorVersionUpgrade licenseModel databaseInsightsMode")
RENAMED = {"instanceClass": "DBInstanceClass", "password": "MasterUserPassword", "multiAz": "MultiAZ",
           "parameterGroupName": "DBParameterGroupName", "backupWindow": "PreferredBackupWindow",
           "maintenanceWindow": "PreferredMaintenanceWindow", "optionGroupName": "OptionGroupName",
           "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
           "performanceInsightsEnabled": "EnablePerformanceInsights",
           "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
           "performanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod"}
ONCE = {"username": "MasterUsername", "dbName": "DBName", "engine": "Engine", "storageEncrypted": "StorageEncrypted",
        "kmsKeyId": "KmsKeyId", "dbSubnetGroupName": "DBSubnetGroupName", "availabilityZone": "AvailabilityZone",
        "characterSetName": "CharacterSetName", "networkType": "NetworkType", "port": "Port",
        "engineLifecycleSupport": "EngineLifecycleSupport"}
READ = ("allocatedStorage maxAllocatedStorage engine backupRetentionPeriod deletionProtection availabilityZone "
        "autoMinorVersionUpgrade copyTagsToSnapshot storageType storageEncrypted kmsKeyId publiclyAccessible "
        "monitoringInterval caCertIdentifier")


def make(aws: Aws, inputs: Props) -> Made:
    inputs = {name: value for name, value in inputs.items() if name != "allowMajorVersionUpgrade"}
    logs = inputs.get("enabledCloudwatchLogsExports")
    live = aws.rds.create_db_instance(
        DBInstanceIdentifier=inputs["identifier"], **params(inputs, SAME, **RENAMED, **ONCE),
        **({"EnableCloudwatchLogsExports": logs} if logs else {}),
        Tags=[{"Key": k, "Value": v} for k, v in sorted(inputs["tagsAll"].items())])["DBInstance"]
    return Made(live["DbiResourceId"])


def live_instance(aws: Aws, identifier: str) -> Any:
    try:
        return only(aws.rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"])
    except aws.rds.exceptions.ClientError as error:
        if is_gone(error):
            return None
        raise


def await_available(aws: Aws, id_: str, inputs: Props) -> None:
    aws.wait(f"the database {inputs['identifier']}", seconds=1800, ready=lambda: (
        live_instance(aws, inputs["identifier"]) or {}).get("DBInstanceStatus") == "available" or None)


def shape(live: Mapping[str, Any], properties: Props) -> Props:
    endpoint = live.get("Endpoint") or {}
    address, port = endpoint.get("Address", ""), endpoint.get("Port", properties.get("port", 0))
    asked, actual = str(properties.get("engineVersion") or ""), live.get("EngineVersion", "")
    secret = live.get("MasterUserSecret")
    return {
        **outputs(live, READ, username="MasterUsername", dbName="DBName", multiAz="MultiAZ", arn="DBInstanceArn",
                  instanceClass="DBInstanceClass", identifier="DBInstanceIdentifier", resourceId="DbiResourceId",
                  status="DBInstanceStatus", backupWindow="PreferredBackupWindow",
                  maintenanceWindow="PreferredMaintenanceWindow"),
        "engineVersionActual": actual, "engineVersion": asked if asked and actual.startswith(asked) else actual,
        "address": address, "port": port, "endpoint": f"{address}:{port}",
        "hostedZoneId": endpoint.get("HostedZoneId", ""),
        "dbSubnetGroupName": (live.get("DBSubnetGroup") or {}).get("DBSubnetGroupName", ""),
        "vpcSecurityGroupIds": [group["VpcSecurityGroupId"] for group in live.get("VpcSecurityGroups", [])],
        "masterUserSecrets": [outputs(secret, "secretArn secretStatus kmsKeyId")] if secret else [],
        "enabledCloudwatchLogsExports": live.get("EnabledCloudwatchLogsExports", []),
        **({"parameterGroupName": live["DBParameterGroups"][0]["DBParameterGroupName"]}
           if live.get("DBParameterGroups") else {}),
    }


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = live_instance(aws, properties["identifier"])
    if live is None or live["DBInstanceStatus"] == "deleting":
        return None
    return {**shape(live, properties), "tagsAll": tags_of(aws, live["DBInstanceArn"])}


def seek(aws: Aws, inputs: Props) -> Iterable[str]:
    live = live_instance(aws, inputs["identifier"])
    return [live["DbiResourceId"]] if live else []


def change(aws: Aws, id_: str, old: Props, new: Props) -> None:
    names = [*SAME.split(), *RENAMED]
    changed = {name: new[name] for name in names if new.get(name) is not None and old.get(name) != new[name]}
    request = params(changed, SAME, **RENAMED)
    before, after = (set(p.get("enabledCloudwatchLogsExports") or []) for p in (old, new))
    if before != after:
        request["CloudwatchLogsExportConfiguration"] = {
            "EnableLogTypes": sorted(after - before), "DisableLogTypes": sorted(before - after)}
    if request:
        aws.rds.modify_db_instance(DBInstanceIdentifier=old["identifier"], **request,
                                   ApplyImmediately=bool(new.get("applyImmediately")))
        await_available(aws, id_, old)


def drop(aws: Aws, id_: str, properties: Props) -> None:
    final = {"SkipFinalSnapshot": True} if properties.get("skipFinalSnapshot") else {
        "SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": properties["finalSnapshotIdentifier"]}
    aws.rds.delete_db_instance(DBInstanceIdentifier=properties["identifier"], **final,
                               DeleteAutomatedBackups=bool(properties.get("deleteAutomatedBackups", True)))
    aws.wait(f"deleting the database {properties['identifier']}", seconds=1800,
             ready=lambda: live_instance(aws, properties["identifier"]) is None or None)


def password(inputs: Props) -> Iterable[Problem]:
    given = inputs.get("password")
    if isinstance(given, str) and not 8 <= len(given) <= 41:
        yield Problem("password", "must have 8 to 41 characters")
    if given is not None and inputs.get("manageMasterUserPassword"):
        yield Problem("password", "leave it out where RDS manages the password itself (manageMasterUserPassword)")


def final_snapshot(inputs: Props) -> Iterable[Problem]:
    if not inputs.get("skipFinalSnapshot") and not inputs.get("finalSnapshotIdentifier"):
        yield Problem("finalSnapshotIdentifier", "is required unless skipFinalSnapshot is true")


KINDS = (
    *GROUPS,
    Kind(urn_type="aws:rds/instance:Instance", make=make, complete=await_available, find=find, drop=drop, seek=seek,
         tag=tag, fixed=" ".join(["identifier identifierPrefix", *ONCE]), required="instanceClass",
         naming=Naming("identifier", 63, lower=True, prefixed_by="identifierPrefix"),
         state_only="applyImmediately skipFinalSnapshot finalSnapshotIdentifier deleteAutomatedBackups",
         changes={" ".join([SAME, *RENAMED, "enabledCloudwatchLogsExports"]): change},
         sets="vpcSecurityGroupIds enabledCloudwatchLogsExports", volatile="status availabilityZone",
         defaults={"applyImmediately": False, "autoMinorVersionUpgrade": True, "copyTagsToSnapshot": False,
                   "deleteAutomatedBackups": True, "publiclyAccessible": False, "skipFinalSnapshot": False,
                   "monitoringInterval": 0},
         checks=(password, final_snapshot, between("backupRetentionPeriod", 0, 35))),
)
