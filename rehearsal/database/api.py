"""What the cloud's API says of databases: RDS of instances and parameters, Secrets Manager of the password."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from pipelines.errors import Failure
from rehearsal.database.model import STANDING, Instance, Master

PATIENT = Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 1})
ENGINES = ("mysql", "mariadb")


@dataclass(frozen=True)
class Described:
    """Every instance, and why some cannot be run."""

    instances: Mapping[str, Instance] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


class Api:
    def __init__(self, endpoint: str, region: str) -> None:
        self.endpoint = endpoint
        session = boto3.Session("database", "database", region_name=region)
        self.rds, self.secrets = (session.client(name, endpoint_url=endpoint, config=PATIENT)
                                  for name in ("rds", "secretsmanager"))

    def version(self) -> str:
        """Differs when anything in the cloud has changed."""
        with urllib.request.urlopen(f"{self.endpoint}/_rehearsal/health", timeout=10) as answer:  # noqa: S310
            memory = json.loads(answer.read())["memory"]
        return f"{memory['id']}/{memory['changes']}"

    def described(self) -> Described:
        found, refused = {}, {}
        for page in self.rds.get_paginator("describe_db_instances").paginate():
            for row in page["DBInstances"]:
                name = row["DBInstanceIdentifier"]
                if row["DBInstanceStatus"] == "deleting":
                    continue
                try:
                    found[name] = instance_of(row, self._master(row), self._parameters(row))
                except Failure as failure:
                    refused[name] = f"{failure.what}: {failure.why}; next: {failure.next}"
        return Described(found, refused)

    def _master(self, row: Mapping[str, Any]) -> Master:
        secret = row.get("MasterUserSecret", {}).get("SecretArn")
        if row["Engine"] not in ENGINES:
            raise Failure(f"{row['DBInstanceIdentifier']} is recorded, not run",
                          why=f"MariaDB can stand in for {' and '.join(ENGINES)}, not for {row['Engine']}",
                          next="use one of these, or rehearse the API alone")
        if not secret:
            raise Failure(f"{row['DBInstanceIdentifier']} is recorded, not run",
                          why="its password was given by hand, and the API never shows such a one again",
                          next="let RDS keep it: ManageMasterUserPassword")
        kept = json.loads(self.secrets.get_secret_value(SecretId=secret)["SecretString"])
        return Master(kept["username"], kept["password"])

    def _parameters(self, row: Mapping[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        for group in row.get("DBParameterGroups", []):
            name = group["DBParameterGroupName"]
            if name.startswith("default."):
                continue
            for page in self.rds.get_paginator("describe_db_parameters").paginate(
                    DBParameterGroupName=name, Source="user"):
                found |= {one["ParameterName"]: one["ParameterValue"]
                          for one in page["Parameters"] if "ParameterValue" in one}
        return found


def instance_of(row: Mapping[str, Any], master: Master, parameters: Mapping[str, str]) -> Instance:
    endpoint = row.get("Endpoint", {})
    return Instance(
        identifier=row["DBInstanceIdentifier"], host=endpoint["Address"], port=int(endpoint["Port"]),
        engine=row["Engine"], version=row["EngineVersion"], database=row.get("DBName") or "", master=master,
        multi_az=bool(row.get("MultiAZ")), parameters=dict(parameters),
        zones=(row.get("AvailabilityZone") or "", row.get("SecondaryAvailabilityZone") or ""),
        stopped=row["DBInstanceStatus"] in STANDING)
