"""RDS: changes that wait for the maintenance window, read-backs that are whole, groups that cannot go while in use."""

from __future__ import annotations

from typing import Any

from rehearsal.cloud.answers import Answers, Call, Reply
from rehearsal.cloud.errors import AwsError

ANSWERS = Answers("rds")

# What waits for the window unless the caller says otherwise (ModifyDBInstance in the API's reference).
WAITING = ("DBInstanceClass", "AllocatedStorage", "EngineVersion", "MultiAZ", "StorageType", "Iops",
           "StorageThroughput", "MasterUserPassword", "CACertificateIdentifier", "LicenseModel",
           "DBSubnetGroupName")
# What moto takes and never shows again, with AWS's defaults.
ECHOED = {"EngineLifecycleSupport": "open-source-rds-extended-support", "PerformanceInsightsEnabled": False,
          "NetworkType": "IPV4", "BackupTarget": "region", "DedicatedLogVolume": False, "CustomerOwnedIpEnabled": False,
          "DatabaseInsightsMode": "standard"}
GP3 = {"Iops": 3000, "StorageThroughput": 125}
SHORTEST_PASSWORD = 8
VERSIONS = {"mysql8.0": ("8.0.40", "8.0.41", "8.0.42", "8.0.43"), "mysql8.4": ("8.4.3", "8.4.4", "8.4.5", "8.4.6")}


def notes(call: Call, identifier: str) -> dict[str, dict[str, Any]]:
    """What we remember of an instance beside moto: `shown` for its read-back, `pending` for the window."""
    room = call.world.room(f"rds/{call.region}", dict[str, dict[str, dict[str, Any]]])
    return room.setdefault(identifier, {"shown": {}, "pending": {}})


@ANSWERS("CreateDBInstance")
def create(call: Call) -> Reply:
    _check_password(call)
    reply = call.onward()
    room = notes(call, call.params["DBInstanceIdentifier"])
    room["shown"], room["pending"] = {**ECHOED, **_echo(call)}, {}
    return {"DBInstance": shown(call, reply["DBInstance"])}


@ANSWERS("ModifyDBInstance")
def modify(call: Call) -> Reply:
    _check_password(call)
    room, params = notes(call, call.params["DBInstanceIdentifier"]), dict(call.params)
    now = {**room["pending"], **params} if params.get("ApplyImmediately") else params
    later = {} if params.get("ApplyImmediately") else {key: now.pop(key) for key in WAITING if key in now}
    reply = call.onward(now)
    room["shown"].update(_echo(call))
    before = reply["DBInstance"]
    room["pending"] = {key: value for key, value in {**room["pending"], **later}.items()
                       if later and before.get(key) != value}
    return {"DBInstance": shown(call, before)}


@ANSWERS("RebootDBInstance", "StartDBInstance", "StopDBInstance")
def restart(call: Call) -> Reply:
    return {"DBInstance": shown(call, call.onward()["DBInstance"])}


@ANSWERS("DescribeDBInstances")
def describe(call: Call) -> Reply:
    reply = call.onward()
    return {**reply, "DBInstances": [shown(call, instance) for instance in reply["DBInstances"]]}


@ANSWERS("DeleteDBInstance")
def delete(call: Call) -> Reply:
    reply = call.onward()
    call.world.room(f"rds/{call.region}", dict[str, Any]).pop(call.params["DBInstanceIdentifier"], None)
    secret = reply["DBInstance"].get("MasterUserSecret", {}).get("SecretArn")
    if secret:      # RDS owns it, and takes it along
        call.ask("secretsmanager", "DeleteSecret", SecretId=secret, ForceDeleteWithoutRecovery=True)
    return reply


def shown(call: Call, instance: dict[str, Any]) -> dict[str, Any]:
    room = notes(call, instance["DBInstanceIdentifier"])
    pending = {key: ("****" if key == "MasterUserPassword" else value) for key, value in room["pending"].items()}
    storage = GP3 if instance.get("StorageType") == "gp3" else {}
    whole = {**storage, **ECHOED, **instance, **room["shown"], "PendingModifiedValues": pending}
    if instance.get("MultiAZ"):
        whole["SecondaryAvailabilityZone"] = _other_zone(instance)
    return whole


def _other_zone(instance: dict[str, Any]) -> str | None:
    subnets = instance.get("DBSubnetGroup", {}).get("Subnets", [])
    zones = {subnet["SubnetAvailabilityZone"]["Name"] for subnet in subnets}
    return min(zones - {instance.get("AvailabilityZone")}, default=None)


def _echo(call: Call) -> dict[str, Any]:
    given = {**call.names(*ECHOED), **call.names("Iops", "StorageThroughput")}
    if "EnablePerformanceInsights" in call.params:
        given["PerformanceInsightsEnabled"] = call.params["EnablePerformanceInsights"]
    return given


def _check_password(call: Call) -> None:
    password = call.params.get("MasterUserPassword")
    if password is not None and len(password) < SHORTEST_PASSWORD:
        raise AwsError("InvalidParameterValue", "The parameter MasterUserPassword is not a valid password because it "
                                                f"is shorter than {SHORTEST_PASSWORD} characters.")


@ANSWERS("CreateDBSubnetGroup", "ModifyDBSubnetGroup")
def put_subnet_group(call: Call) -> Reply:
    name = call.params["DBSubnetGroupName"]
    exists = [g for g in call.ask("rds", "DescribeDBSubnetGroups")["DBSubnetGroups"] if g["DBSubnetGroupName"] == name]
    if exists and call.operation.startswith("Create"):
        raise AwsError("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
    subnets = call.ask("ec2", "DescribeSubnets", SubnetIds=call.params["SubnetIds"])["Subnets"]
    if len({subnet["AvailabilityZone"] for subnet in subnets}) < 2:
        raise AwsError("DBSubnetGroupDoesNotCoverEnoughAZs", "The DB subnet group doesn't meet Availability Zone (AZ) "
                       "coverage requirement. Add subnets to cover at least 2 AZs.")
    return call.onward()


@ANSWERS("DeleteDBSubnetGroup")
def delete_subnet_group(call: Call) -> Reply:
    name = call.params["DBSubnetGroupName"]
    _refuse(call, name, lambda i: [i.get("DBSubnetGroup", {}).get("DBSubnetGroupName")],
            "InvalidDBSubnetGroupStateFault", f"Cannot delete the subnet group '{name}' because at least one database "
                                              "instance is still using it")
    return call.onward()


@ANSWERS("DeleteDBParameterGroup")
def delete_parameter_group(call: Call) -> Reply:
    name = call.params["DBParameterGroupName"]
    _refuse(call, name, lambda i: [g["DBParameterGroupName"] for g in i.get("DBParameterGroups", [])],
            "InvalidDBParameterGroupState", "One or more database instances are still members of this parameter group")
    return call.onward()


def _refuse(call: Call, name: str, used: Any, code: str, message: str) -> None:
    instances = call.ask("rds", "DescribeDBInstances")["DBInstances"]
    users = [instance["DBInstanceIdentifier"] for instance in instances if name in used(instance)]
    if users:
        raise AwsError(code, f"{message}: {', '.join(users)}.")


@ANSWERS("DescribeDBParameters")
def parameters(call: Call) -> Reply:
    """moto remembers what somebody set, and nothing else; so each of them is the user's."""
    wanted = call.params.get("Source", "user")
    reply = call.onward() if wanted == "user" else {"Parameters": []}
    for parameter in reply["Parameters"]:
        parameter.update({"Source": "user", "IsModifiable": True})
    return reply


@ANSWERS("DescribeDBEngineVersions")
def engine_versions(call: Call) -> Reply:
    if call.params.get("Engine", "mysql") != "mysql":
        return {"DBEngineVersions": []}
    wanted = call.params.get("EngineVersion", "")
    rows = [{"Engine": "mysql", "EngineVersion": version, "DBParameterGroupFamily": family, "Status": "available",
             "DBEngineDescription": "MySQL Community Edition", "DBEngineVersionDescription": f"MySQL {version}"}
            for family, versions in VERSIONS.items() for version in versions if version.startswith(wanted)]
    return {"DBEngineVersions": rows[-1:] if call.params.get("DefaultOnly") else rows}
