"""Route 53: hosted zones and their records."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import exactly_one
from rehearsal.provider.kind import Kind, Made, Problem
from rehearsal.provider.kinds.shapes import only, retagged, tag_list, tag_map
from rehearsal.provider.values import Props


def in_sync(aws: Aws, change: Any) -> None:
    """Route 53 answers before its servers know."""
    def done() -> bool | None:
        return aws.route53.get_change(Id=change["Id"])["ChangeInfo"]["Status"] == "INSYNC" or None
    if change["Status"] != "INSYNC":
        aws.wait("Route 53's servers learning of a change", done)


# --- zones -----------------------------------------------------------------------------------------

def make_zone(aws: Aws, inputs: Props) -> Made:
    answer = aws.route53.create_hosted_zone(Name=inputs["name"], CallerReference=uuid.uuid4().hex,
                                            HostedZoneConfig={"Comment": inputs["comment"], "PrivateZone": False})
    in_sync(aws, answer["ChangeInfo"])
    return Made(answer["HostedZone"]["Id"].removeprefix("/hostedzone/"))


def complete_zone(aws: Aws, id_: str, inputs: Props) -> None:
    tag_zone(aws, id_, {}, inputs)


def find_zone(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = aws.route53.get_hosted_zone(Id=id_)
    tags = aws.route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=id_)["ResourceTagSet"]
    servers = sorted(live.get("DelegationSet", {}).get("NameServers", []))
    return {"name": live["HostedZone"]["Name"].rstrip("."), "zoneId": id_, "arn": f"arn:aws:route53:::hostedzone/{id_}",
            "comment": live["HostedZone"].get("Config", {}).get("Comment", ""), "nameServers": servers,
            "primaryNameServer": servers[0] if servers else "", "tagsAll": tag_map(tags.get("Tags"))}


def seek_zone(aws: Aws, inputs: Props) -> Iterable[str]:
    for live in aws.pages("route53", "list_hosted_zones", "HostedZones"):
        if live["Name"].rstrip(".") == inputs["name"].rstrip("."):
            yield live["Id"].removeprefix("/hostedzone/")


def change_comment(aws: Aws, id_: str, old: Props, new: Props) -> None:
    aws.route53.update_hosted_zone_comment(Id=id_, Comment=new["comment"])


def tag_zone(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = retagged(old, new)
    if add or remove:
        aws.route53.change_tags_for_resource(
            ResourceType="hostedzone", ResourceId=id_,
            **({"AddTags": tag_list(add)} if add else {}), **({"RemoveTagKeys": remove} if remove else {}))


def drop_zone(aws: Aws, id_: str, properties: Props) -> None:
    if properties.get("forceDestroy"):
        apex = properties["name"].rstrip(".") + "."
        records = aws.pages("route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=id_)
        doomed = [r for r in records if r["Name"] != apex or r["Type"] not in ("NS", "SOA")]
        if doomed:
            aws.route53.change_resource_record_sets(HostedZoneId=id_, ChangeBatch={
                "Changes": [{"Action": "DELETE", "ResourceRecordSet": record} for record in doomed]})
    aws.route53.delete_hosted_zone(Id=id_)


# --- records ---------------------------------------------------------------------------------------

def id_of(inputs: Props) -> str:
    return f"{inputs['zoneId']}_{inputs['name'].lower().rstrip('.')}_{inputs['type']}"


def record_set(inputs: Props, fqdn: str) -> dict[str, Any]:
    found: dict[str, Any] = {"Name": fqdn, "Type": inputs["type"]}
    alias = only(inputs.get("aliases") or [])
    if alias:
        return {**found, "AliasTarget": {"DNSName": alias["name"], "HostedZoneId": alias["zoneId"],
                                         "EvaluateTargetHealth": alias["evaluateTargetHealth"]}}
    values = [f'"{v}"' if inputs["type"] in ("TXT", "SPF") and not v.startswith('"') else v for v in inputs["records"]]
    return {**found, "TTL": inputs["ttl"], "ResourceRecords": [{"Value": value} for value in values]}


def fqdn_of(aws: Aws, inputs: Props) -> str:
    """A record's name may be written in full or below its zone."""
    zone = aws.route53.get_hosted_zone(Id=inputs["zoneId"])["HostedZone"]["Name"].rstrip(".")
    name = str(inputs["name"]).rstrip(".").lower()
    return name if name == zone or name.endswith(f".{zone}") else f"{name}.{zone}" if name else zone


def send(aws: Aws, action: str, inputs: Props) -> str:
    fqdn = fqdn_of(aws, inputs)
    in_sync(aws, aws.route53.change_resource_record_sets(HostedZoneId=inputs["zoneId"], ChangeBatch={
        "Changes": [{"Action": action, "ResourceRecordSet": record_set(inputs, fqdn)}]})["ChangeInfo"])
    return fqdn


def make_record(aws: Aws, inputs: Props) -> Made:
    fqdn = send(aws, "UPSERT" if inputs.get("allowOverwrite") else "CREATE", inputs)
    return Made(id_of(inputs), {"fqdn": fqdn})


def live_record(aws: Aws, properties: Props) -> Any:
    fqdn = fqdn_of(aws, properties)
    listed = aws.route53.list_resource_record_sets(
        HostedZoneId=properties["zoneId"], StartRecordName=fqdn, StartRecordType=properties["type"], MaxItems="1")
    found = only(listed["ResourceRecordSets"])
    return found if found and (found["Name"].rstrip("."), found["Type"]) == (fqdn, properties["type"]) else None


def find_record(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = live_record(aws, properties)
    if live is None:
        return None
    found: Props = {"fqdn": live["Name"].rstrip(".")}
    if live.get("AliasTarget"):
        target = live["AliasTarget"]
        return {**found, "aliases": [{"name": target["DNSName"].rstrip("."), "zoneId": target["HostedZoneId"],
                                      "evaluateTargetHealth": target["EvaluateTargetHealth"]}]}
    values = [record["Value"] for record in live["ResourceRecords"]]
    text = properties["type"] in ("TXT", "SPF")
    return {**found, "ttl": live["TTL"], "records": [v.strip('"') if text else v for v in values]}


def change_record(aws: Aws, id_: str, old: Props, new: Props) -> None:
    send(aws, "UPSERT", new)


def drop_record(aws: Aws, id_: str, properties: Props) -> None:
    live = live_record(aws, properties)
    if live:
        aws.route53.change_resource_record_sets(HostedZoneId=properties["zoneId"], ChangeBatch={
            "Changes": [{"Action": "DELETE", "ResourceRecordSet": live}]})


def ttl(inputs: Props) -> Iterable[Problem]:
    if inputs.get("records") is not None and inputs.get("ttl") is None:
        yield Problem("ttl", "is required where records are given")


KINDS = (
    Kind(urn_type="aws:route53/zone:Zone", make=make_zone, complete=complete_zone, find=find_zone, drop=drop_zone,
         seek=seek_zone, tag=tag_zone, fixed="name", required="name", changes={"comment": change_comment},
         state_only="forceDestroy", defaults={"comment": "Managed by Pulumi", "forceDestroy": False}),
    Kind(urn_type="aws:route53/record:Record", make=make_record, find=find_record, drop=drop_record, id_of=id_of,
         fixed="zoneId name type", required="zoneId name type", state_only="allowOverwrite", sets="records",
         changes={"records aliases ttl": change_record}, checks=(exactly_one("records", "aliases"), ttl)),
)
