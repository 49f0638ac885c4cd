"""The functions that a program calls for facts that it does not manage: who am I, which zones, which prefix list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.aws import Aws
from rehearsal.provider.kinds.shapes import only, tag_map
from rehearsal.provider.values import Props

# The account of Elastic Load Balancing in each region, as AWS documents it.
BALANCER_ACCOUNTS = {"ap-northeast-2": "600734575887", "ap-northeast-1": "582318560864", "us-east-1": "127311923021",
                     "us-west-2": "797873946194", "eu-west-1": "156460612806", "eu-central-1": "054676820928"}


def filters(given: Props) -> list[dict[str, Any]]:
    return [{"Name": item["name"], "Values": item["values"]} for item in given.get("filters") or []]


def caller(aws: Aws, given: Props) -> Props:
    live = aws.sts.get_caller_identity()
    return {"accountId": live["Account"], "arn": live["Arn"], "userId": live["UserId"], "id": live["Account"]}


def region(aws: Aws, given: Props) -> Props:
    name = given.get("region") or aws.region
    return {"name": name, "region": name, "id": name, "description": name, "endpoint": f"ec2.{name}.amazonaws.com"}


def partition(aws: Aws, given: Props) -> Props:
    return {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}


def zones(aws: Aws, given: Props) -> Props:
    by = filters(given) + ([{"Name": "state", "Values": [given["state"]]}] if given.get("state") else [])
    live = aws.ec2.describe_availability_zones(Filters=by, AllAvailabilityZones=bool(given.get("allAvailabilityZones")))
    found = sorted((z for z in live["AvailabilityZones"] if z["ZoneName"] not in given.get("excludeNames", [])),
                   key=lambda z: str(z["ZoneName"]))
    return {"id": aws.region, "names": [z["ZoneName"] for z in found], "zoneIds": [z["ZoneId"] for z in found],
            "groupNames": sorted({z.get("GroupName") or aws.region for z in found})}


def parameter(aws: Aws, given: Props) -> Props:
    live = aws.ssm.get_parameter(Name=given["name"], WithDecryption=given.get("withDecryption", True))["Parameter"]
    open_value = "" if live["Type"] == "SecureString" else live["Value"]
    return {"id": live["Name"], "name": live["Name"], "type": live["Type"], "value": live["Value"],
            "insecureValue": open_value, "version": live["Version"], "arn": live.get("ARN", "")}


def balancer_account(aws: Aws, given: Props) -> Props:
    name = given.get("region") or aws.region
    account = BALANCER_ACCOUNTS.get(name)
    if account is None:
        raise Failure(f"the load balancers' account of {name} is not known",
                      why="the rehearsal knows the common regions",
                      next="add it to BALANCER_ACCOUNTS in rehearsal/provider/kinds/lookups.py",
                      exit_code=ExitCode.BAD_INPUT)
    return {"id": account, "region": name, "arn": f"arn:aws:iam::{account}:root"}


def managed_prefix_list(aws: Aws, given: Props) -> Props:
    by = filters(given) + ([{"Name": "prefix-list-name", "Values": [given["name"]]}] if given.get("name") else [])
    ids = {"PrefixListIds": [given["id"]]} if given.get("id") else {}
    live = _found(aws.ec2.describe_managed_prefix_lists(Filters=by, **ids)["PrefixLists"], "managed prefix list", given)
    entries = aws.pages("ec2", "get_managed_prefix_list_entries", "Entries", PrefixListId=live["PrefixListId"])
    return {"id": live["PrefixListId"], "name": live["PrefixListName"], "arn": live["PrefixListArn"],
            "addressFamily": live.get("AddressFamily", "IPv4"), "maxEntries": live.get("MaxEntries", len(entries)),
            "ownerId": live.get("OwnerId", "AWS"), "version": live.get("Version", 1), "tags": tag_map(live.get("Tags")),
            "entries": [{"cidr": e["Cidr"], "description": e.get("Description", "")} for e in entries]}


def prefix_list(aws: Aws, given: Props) -> Props:
    by = filters(given) + ([{"Name": "prefix-list-name", "Values": [given["name"]]}] if given.get("name") else [])
    ids = {"PrefixListIds": [given["prefixListId"]]} if given.get("prefixListId") else {}
    live = _found(aws.ec2.describe_prefix_lists(Filters=by, **ids)["PrefixLists"], "prefix list", given)
    return {"id": live["PrefixListId"], "name": live["PrefixListName"], "cidrBlocks": live.get("Cidrs", [])}


def zone(aws: Aws, given: Props) -> Props:
    wanted = str(given.get("name") or "").rstrip(".")
    listed = aws.pages("route53", "list_hosted_zones", "HostedZones")
    live = _found([z for z in listed if given.get("zoneId") in (None, z["Id"].removeprefix("/hostedzone/"))
                   and (not wanted or z["Name"].rstrip(".") == wanted)
                   and z["Config"]["PrivateZone"] == bool(given.get("privateZone"))], "hosted zone", given)
    id_ = live["Id"].removeprefix("/hostedzone/")
    servers = sorted(aws.route53.get_hosted_zone(Id=id_).get("DelegationSet", {}).get("NameServers", []))
    return {"id": id_, "zoneId": id_, "name": live["Name"].rstrip("."), "nameServers": servers,
            "arn": f"arn:aws:route53:::hostedzone/{id_}", "comment": live["Config"].get("Comment", ""),
            "primaryNameServer": servers[0] if servers else "", "privateZone": live["Config"]["PrivateZone"],
            "callerReference": live["CallerReference"], "resourceRecordSetCount": live["ResourceRecordSetCount"]}


def _found(listed: list[Any], what: str, given: Props) -> Any:
    live = only(listed)
    if live is None:
        raise Failure(f"no {what} fits {given}", why="the program looks up something that is not in this account",
                      next="create it first, or correct the stack's settings", exit_code=ExitCode.BAD_INPUT)
    return live


LOOKUPS: dict[str, Callable[[Aws, Props], Props]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": caller,
    "aws:index/getRegion:getRegion": region,
    "aws:index/getPartition:getPartition": partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": zones,
    "aws:ssm/getParameter:getParameter": parameter,
    "aws:elb/getServiceAccount:getServiceAccount": balancer_account,
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": managed_prefix_list,
    "aws:ec2/getPrefixList:getPrefixList": prefix_list,
    "aws:route53/getZone:getZone": zone,
}
