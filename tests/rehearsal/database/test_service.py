"""The whole of it: boto3 makes an instance in the cloud's process, the database's process runs it."""

from __future__ import annotations

import contextlib
import json
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from rehearsal.database.local import NamesInFile
from rehearsal.database.service import standings
from tests.rehearsal.cloud import ROOT, Cloud, Network
from tests.rehearsal.database import PARAMETERS, until


class Process:
    """`python -m rehearsal.database`."""

    def __init__(self, state: Path, endpoint: str) -> None:
        self.state, self.words = state, ["--endpoint", endpoint]
        self.start()

    def start(self) -> None:
        with self.state.with_suffix(".log").open("a") as log:
            self.process = subprocess.Popen(self._argv(*self.words), cwd=ROOT, stderr=log)

    def _argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "rehearsal.database", "--state", str(self.state), *words]

    def end(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(30)

    def ask(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(self._argv(*words), cwd=ROOT, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def standing(self, name: str) -> dict[str, Any]:
        return dict(standings(self.state).get(name, {}))

    def pids(self) -> list[int]:
        """Every process that has anything to do with the state directory."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"{self.state}/" in (path / "cmdline").read_text():
                    found.append(int(path.name))
        return found


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    made = Cloud(tmp_path / "cloud")
    yield made
    made.stop()


@pytest.fixture
def process(tmp_path: Path, state: Path, cloud: Cloud) -> Iterator[Process]:
    (tmp_path / "state").mkdir()
    for template in state.glob("template-*"):
        (tmp_path / "state" / template.name).symlink_to(template)
    made = Process(tmp_path / "state", cloud.endpoint)
    yield made
    made.end()
    made.ask("--down")


def make_instance(cloud: Cloud) -> str:
    rds, network = cloud.aws.rds, Network(cloud.aws)
    rds.create_db_subnet_group(DBSubnetGroupName="db", DBSubnetGroupDescription="d", SubnetIds=network.subnets[:2])
    rds.create_db_parameter_group(DBParameterGroupName="db", DBParameterGroupFamily="mysql8.4", Description="d")
    rds.modify_db_parameter_group(DBParameterGroupName="db", Parameters=[
        {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "immediate"}
        for name, value in {**PARAMETERS, "mysqlx_port": "33060"}.items()])
    made = rds.create_db_instance(
        DBInstanceIdentifier="db-rehearsal", DBInstanceClass="db.t3.micro", Engine="mysql", EngineVersion="8.4.6",
        MasterUsername="coko_admin", ManageMasterUserPassword=True, AllocatedStorage=20, MultiAZ=True, DBName="coko",
        DBSubnetGroupName="db", DBParameterGroupName="db", VpcSecurityGroupIds=[network.group])
    return str(made["DBInstance"]["DBInstanceIdentifier"])


def ask_database(cloud: Cloud, process: Process, name: str, statement: str) -> Any:
    """With nothing but what the API says, and the name's address."""
    [row] = cloud.aws.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    secret = cloud.aws.secretsmanager.get_secret_value(SecretId=row["MasterUserSecret"]["SecretArn"])
    user = json.loads(secret["SecretString"])
    address = until(lambda: NamesInFile(process.state / "names.json").records.get(row["Endpoint"]["Address"]))
    with contextlib.closing(pymysql.connect(
            host=address, port=row["Endpoint"]["Port"], user=user["username"], password=user["password"],
            database="coko", autocommit=True, ssl=ssl.create_default_context(cafile=process.state / "ca" / "ca.pem")
    )) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_the_life_of_an_instance(cloud: Cloud, process: Process) -> None:
    name = make_instance(cloud)
    until(lambda: process.standing(name).get("DBInstanceStatus") == "available")
    ask_database(cloud, process, name, "CREATE TABLE kept (id INT PRIMARY KEY)")
    said = process.standing(name)["remarks"]
    assert any("is rehearsed by MariaDB" in line for line in said)
    assert any(line.startswith("parameter mysqlx_port = 33060 is not applied") for line in said)

    servers = process.pids()
    process.end(signal.SIGKILL)                             # the one who looks after them; not they
    process.start()
    before = process.standing(name)
    assert ask_database(cloud, process, name, "SELECT COUNT(*) FROM kept") == ((0,),)
    assert set(servers) <= set(process.pids())

    assert process.ask("--reboot", name, "--failover") == (0, "")
    until(lambda: process.standing(name)["AvailabilityZone"] == before["SecondaryAvailabilityZone"])
    code, why = process.ask("--reboot", "nobody", "--failover")
    assert (code, "there is no database instance nobody" in why) == (2, True)
    until(lambda: process.standing(name)["DBInstanceStatus"] == "available")
    assert ask_database(cloud, process, name, "SELECT COUNT(*) FROM kept") == ((0,),)

    process.end()
    assert process.pids() != []
    assert process.ask("--down") == (0, "")
    assert process.pids() == []
    assert not process.state.exists()
    process.start()


def test_a_deleted_instance_is_gone_and_one_without_a_secret_is_refused_aloud(cloud: Cloud, process: Process) -> None:
    name = make_instance(cloud)
    until(lambda: NamesInFile(process.state / "names.json").records)
    cloud.aws.rds.create_db_instance(
        DBInstanceIdentifier="by-hand", DBInstanceClass="db.t3.micro", Engine="mysql", MasterUsername="admin",
        MasterUserPassword="given by hand", AllocatedStorage=20)
    cloud.aws.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    until(lambda: not (process.state / "instances" / name).exists() and name not in standings(process.state))
    until(lambda: "by-hand is recorded, not run" in process.state.with_suffix(".log").read_text())
    assert NamesInFile(process.state / "names.json").records == {}
    assert [pid for pid in process.pids() if pid != process.process.pid] == []
