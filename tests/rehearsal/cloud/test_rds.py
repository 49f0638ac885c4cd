"""RDS: what waits for the window, what reads back, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.cloud import Clients, Network, code_of


@pytest.fixture
def database(aws: Clients, network: Network) -> str:
    """Multi-AZ MySQL whose password RDS keeps itself."""
    name = aws.name("database")
    aws.rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription="d", SubnetIds=network.subnets[:2])
    aws.rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily="mysql8.4", Description="d")
    aws.rds.create_db_instance(
        DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", Engine="mysql", EngineVersion="8.4.6",
        MasterUsername="admin", ManageMasterUserPassword=True, AllocatedStorage=20, StorageType="gp3", MultiAZ=True,
        DBSubnetGroupName=name, DBParameterGroupName=name, VpcSecurityGroupIds=[network.group],
        PreferredBackupWindow="17:00-18:00", PreferredMaintenanceWindow="sun:18:30-sun:19:30", BackupRetentionPeriod=7,
        EngineLifecycleSupport="open-source-rds-extended-support-disabled", EnableIAMDatabaseAuthentication=True)
    return name


def shown(aws: Clients, name: str) -> dict[str, Any]:
    return dict(aws.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])


def modify(aws: Clients, name: str, **words: Any) -> dict[str, Any]:
    return dict(aws.rds.modify_db_instance(DBInstanceIdentifier=name, **words)["DBInstance"])


def test_what_was_given_reads_back(aws: Clients, database: str) -> None:
    found = shown(aws, database)
    assert found["PreferredBackupWindow"] == "17:00-18:00"
    assert found["PreferredMaintenanceWindow"] == "sun:18:30-sun:19:30"
    assert found["EngineLifecycleSupport"] == "open-source-rds-extended-support-disabled"
    assert (found["IAMDatabaseAuthenticationEnabled"], found["PerformanceInsightsEnabled"]) == (True, False)
    assert (found["Iops"], found["StorageThroughput"]) == (3000, 125)
    assert {found["AvailabilityZone"][-1], found["SecondaryAvailabilityZone"][-1]} == {"a", "c"}
    secret = aws.secretsmanager.describe_secret(SecretId=found["MasterUserSecret"]["SecretArn"])
    assert secret["Name"].startswith("rds!")


def test_some_changes_wait_for_the_window(aws: Clients, database: str) -> None:
    made = modify(aws, database, DBInstanceClass="db.t3.small", BackupRetentionPeriod=3)
    assert (made["DBInstanceClass"], made["BackupRetentionPeriod"]) == ("db.t3.micro", 3)
    assert shown(aws, database)["PendingModifiedValues"] == {"DBInstanceClass": "db.t3.small"}
    modify(aws, database, AllocatedStorage=30, ApplyImmediately=True)
    found = shown(aws, database)
    assert (found["DBInstanceClass"], found["AllocatedStorage"]) == ("db.t3.small", 30)
    assert found.get("PendingModifiedValues", {}) == {}


def test_to_ask_for_what_is_leaves_nothing_pending(aws: Clients, database: str) -> None:
    modify(aws, database, DBInstanceClass="db.t3.small")
    modify(aws, database, DBInstanceClass="db.t3.micro")
    assert shown(aws, database).get("PendingModifiedValues", {}) == {}


def test_a_password_that_waits_is_not_shown(aws: Clients, database: str) -> None:
    modify(aws, database, MasterUserPassword="a-long-password", ManageMasterUserPassword=False)
    assert shown(aws, database)["PendingModifiedValues"]["MasterUserPassword"] == "****"


def test_groups_in_use_stay(aws: Clients, database: str) -> None:
    rds = aws.rds
    assert code_of(lambda: rds.delete_db_parameter_group(DBParameterGroupName=database)) == \
        "InvalidDBParameterGroupState"
    assert code_of(lambda: rds.delete_db_subnet_group(DBSubnetGroupName=database)) == "InvalidDBSubnetGroupStateFault"
    secret = shown(aws, database)["MasterUserSecret"]["SecretArn"]
    rds.delete_db_instance(DBInstanceIdentifier=database, SkipFinalSnapshot=True)
    rds.delete_db_parameter_group(DBParameterGroupName=database)
    rds.delete_db_subnet_group(DBSubnetGroupName=database)
    assert code_of(lambda: aws.secretsmanager.describe_secret(SecretId=secret)) == "ResourceNotFoundException"


def test_parameters_tell_who_set_them(aws: Clients, database: str) -> None:
    aws.rds.modify_db_parameter_group(DBParameterGroupName=database, Parameters=[
        {"ParameterName": "max_connections", "ParameterValue": "100", "ApplyMethod": "pending-reboot"}])
    for words in ({}, {"Source": "user"}):
        [found] = aws.rds.describe_db_parameters(DBParameterGroupName=database, **words)["Parameters"]
        assert (found["ParameterName"], found["Source"], found["ApplyMethod"]) == (
            "max_connections", "user", "pending-reboot")
    assert aws.rds.describe_db_parameters(DBParameterGroupName=database, Source="system")["Parameters"] == []


def test_what_aws_would_refuse_is_refused(aws: Clients, network: Network) -> None:
    rds, words = aws.rds, {"DBSubnetGroupDescription": "d"}
    one_zone = {"DBSubnetGroupName": aws.name("narrow"), "SubnetIds": [network.subnets[0], network.subnets[2]], **words}
    assert code_of(lambda: rds.create_db_subnet_group(**one_zone)) == "DBSubnetGroupDoesNotCoverEnoughAZs"
    twice = {"DBSubnetGroupName": aws.name("twice"), "SubnetIds": network.subnets[:2], **words}
    rds.create_db_subnet_group(**twice)
    assert code_of(lambda: rds.create_db_subnet_group(**twice)) == "DBSubnetGroupAlreadyExists"
    weak = {"DBInstanceIdentifier": aws.name("weak"), "DBInstanceClass": "db.t3.micro", "Engine": "mysql",
            "MasterUsername": "admin", "MasterUserPassword": "short", "AllocatedStorage": 20}
    assert code_of(lambda: rds.create_db_instance(**weak)) == "InvalidParameterValue"


def test_engine_versions_are_known(aws: Clients) -> None:
    rows = aws.rds.describe_db_engine_versions(Engine="mysql", EngineVersion="8.4")["DBEngineVersions"]
    assert {row["DBParameterGroupFamily"] for row in rows} == {"mysql8.4"}
