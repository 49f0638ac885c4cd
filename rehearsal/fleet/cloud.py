"""What the cloud's API says about instances, and what it is told of them. The one door of the fleet to boto3."""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config

from rehearsal.fleet.box import POWEROFF
from rehearsal.fleet.described import groups_of, identity_of, members_of, outward
from rehearsal.fleet.vpc import AWS, Address
from rehearsal.reconcile import UP, Instance, Snapshot

FLEET_TAG = "aws:autoscaling:groupName"
PATIENT = Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 1})
FRESH = timedelta(minutes=15)       # of a role's keys, before they end


class Cloud:
    def __init__(self, endpoint: str, region: str) -> None:
        self.endpoint, self.region = endpoint, region
        session = boto3.Session("fleet", "fleet", region_name=region)
        self.ec2, self.iam, self.sts, self.autoscaling = (
            session.client(name, endpoint_url=endpoint, config=PATIENT)
            for name in ("ec2", "iam", "sts", "autoscaling"))
        self._user_data: dict[str, bytes] = {}
        self._roles: dict[str, str] = {}
        self._keys: dict[str, Mapping[str, Any]] = {}

    def version(self) -> str:
        """Differs when anything in the cloud has changed."""
        with urllib.request.urlopen(f"{self.endpoint}/_rehearsal/health", timeout=10) as answer:  # noqa: S310
            memory = json.loads(answer.read())["memory"]
        return f"{memory['id']}/{memory['changes']}"

    # -- what it says

    def snapshot(self) -> Snapshot:
        rows = [row for page in self.ec2.get_paginator("describe_instances").paginate()
                for reservation in page["Reservations"] for row in reservation["Instances"]]
        vpcs = {vpc["VpcId"]: vpc["CidrBlock"] for vpc in self.ec2.describe_vpcs()["Vpcs"]}
        subnets = {subnet["SubnetId"]: subnet["CidrBlock"] for subnet in self.ec2.describe_subnets()["Subnets"]}
        tables, states = self.ec2.describe_route_tables()["RouteTables"], self._lifecycles()
        interfaces = self.ec2.describe_network_interfaces()["NetworkInterfaces"]
        alive = {row["InstanceId"] for row in rows if row["State"]["Name"] in UP}
        return Snapshot(
            vpcs, tuple(self._instance(row, vpcs, subnets, tables, states) for row in rows if row.get("SubnetId")),
            groups_of(self._rules(), self._prefixes()), members_of(interfaces, alive))

    def _instance(self, row: Mapping[str, Any], vpcs: Mapping[str, str], subnets: Mapping[str, str],
                  tables: Iterable[Mapping[str, Any]], lifecycles: Mapping[str, str]) -> Instance:
        name, subnet = row["InstanceId"], subnets[row["SubnetId"]]
        tags = {tag["Key"]: tag["Value"] for tag in row.get("Tags", [])}
        where = Address(row["PrivateIpAddress"], subnet, outward(row["SubnetId"], row["VpcId"], tables))
        identity = identity_of(row, where, vpcs[row["VpcId"]], lifecycles.get(name, ""),
                               user_data=self._user_data_of(name) if FLEET_TAG in tags else b"",
                               role=self._role_of(row.get("IamInstanceProfile", {}).get("Arn", "")))
        return Instance(identity, row["State"]["Name"], where,
                        tuple(group["GroupId"] for group in row.get("SecurityGroups", [])), tags.get(FLEET_TAG, ""))

    def _lifecycles(self) -> dict[str, str]:
        pages = self.autoscaling.get_paginator("describe_auto_scaling_instances").paginate()
        return {row["InstanceId"]: row["LifecycleState"] for page in pages for row in page["AutoScalingInstances"]}

    def _rules(self) -> list[Any]:
        pages = self.ec2.get_paginator("describe_security_group_rules").paginate()
        return [row for page in pages for row in page["SecurityGroupRules"]]

    def _prefixes(self) -> dict[str, tuple[str, ...]]:
        """AWS's own prefix lists all mean the one address that AWS has here."""
        lists = self.ec2.describe_managed_prefix_lists()["PrefixLists"]
        return {row["PrefixListId"]: (f"{AWS}/32",) for row in lists if "amazonaws" in row.get("PrefixListName", "")}

    def _user_data_of(self, name: str) -> bytes:
        """It does not change while an instance runs."""
        if name not in self._user_data:
            found = self.ec2.describe_instance_attribute(InstanceId=name, Attribute="userData").get("UserData", {})
            self._user_data[name] = base64.b64decode(found.get("Value", ""))
        return self._user_data[name]

    def _role_of(self, profile: str) -> str:
        if profile and profile not in self._roles:
            name = profile.rpartition("/")[2]
            roles = self.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]
            self._roles[profile] = roles[0]["Arn"] if roles else ""
        return self._roles.get(profile, "").rpartition("/")[2]

    # -- what it is asked for and told

    def credentials(self, profile: str) -> Mapping[str, Any] | None:
        """The keys of an instance's role, assumed as EC2 does it."""
        role = self._roles.get(profile)
        if not role:
            return None
        known = self._keys.get(profile)
        if known is None or known["Expiration"] - datetime.now(UTC) < FRESH:
            found = self.sts.assume_role(RoleArn=role, RoleSessionName="instance", DurationSeconds=3600)
            known = self._keys[profile] = dict(found["Credentials"])
        return known

    def tell(self, name: str, code: int) -> None:
        """An instance that shut down is stopped or terminated, as it was launched to be; one that fell is impaired."""
        if code != POWEROFF:
            self.autoscaling.set_instance_health(InstanceId=name, HealthStatus="Unhealthy",
                                                 ShouldRespectGracePeriod=False)
            return
        asked = self.ec2.describe_instance_attribute(InstanceId=name, Attribute="instanceInitiatedShutdownBehavior")
        if asked.get("InstanceInitiatedShutdownBehavior", {}).get("Value") == "terminate":
            self.ec2.terminate_instances(InstanceIds=[name])
        else:
            self.ec2.stop_instances(InstanceIds=[name])


def wait_for(endpoint: str, region: str, patience: float = 60.0) -> Cloud:
    cloud, until = Cloud(endpoint, region), time.monotonic() + patience
    while True:
        try:
            cloud.version()
            return cloud
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
