"""Security group rules: those that name another group or a prefix list keep their descriptions too."""

from __future__ import annotations

from typing import Any

from rehearsal.cloud.answers import Call, Reply
from rehearsal.cloud.errors import AwsError
from rehearsal.cloud.services.ec2.table import ANSWERS

Descriptions = dict[str, str]       # rule id → description
SOURCES = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
REFERENCES = {"UserIdGroupPairs": ("GroupId", "ReferencedGroupInfo"), "PrefixListIds": ("PrefixListId", "PrefixListId")}


def descriptions(call: Call) -> Descriptions:
    return call.world.room(f"ec2/rule-descriptions/{call.region}", dict[str, str])


@ANSWERS("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def authorize(call: Call) -> Reply:
    reply = _authorized(call) if call.params.get("IpPermissions") else call.onward()
    for rule in reply.get("SecurityGroupRules", []):
        if text := _text_for(rule, call.params.get("IpPermissions", [])):
            descriptions(call)[rule["SecurityGroupRuleId"]] = rule["Description"] = text
    return reply


def _authorized(call: Call) -> dict[str, Any]:
    """One rule at a time, for moto makes one of a call; all of them or none."""
    made: list[dict[str, Any]] = []
    try:
        for permission in one_each(call.params["IpPermissions"]):
            made += call.onward({**call.params, "IpPermissions": [permission]})["SecurityGroupRules"]
    except AwsError:
        if ids := [rule["SecurityGroupRuleId"] for rule in made]:
            call.ask("ec2", call.operation.replace("Authorize", "Revoke"), GroupId=call.params["GroupId"],
                     SecurityGroupRuleIds=ids)
        raise
    return {"Return": True, "SecurityGroupRules": made}


def one_each(permissions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A permission for every source: each becomes a rule with an id of its own, as on AWS."""
    single = []
    for permission in permissions:
        plain = {key: value for key, value in permission.items() if key not in SOURCES}
        single += [{**plain, field: [source]} for field in SOURCES for source in permission.get(field, [])]
    return single


def _text_for(rule: dict[str, Any], permissions: list[dict[str, Any]]) -> str | None:
    """What the request said of the thing that this rule came from."""
    for permission in permissions:
        same = all(permission.get(key, -1) == rule.get(key, -1) for key in ("IpProtocol", "FromPort", "ToPort"))
        for field, (key, shown) in REFERENCES.items():
            for reference in permission.get(field, []) if same else ():
                value = rule.get(shown)
                if reference.get(key) and reference[key] == (value.get(key) if isinstance(value, dict) else value):
                    return str(reference.get("Description") or "") or None
    return None


@ANSWERS("DescribeSecurityGroupRules")
def describe(call: Call) -> Reply:
    reply, known = call.onward(), descriptions(call)
    for rule in reply["SecurityGroupRules"]:
        if text := known.get(rule["SecurityGroupRuleId"]):
            rule["Description"] = text
    return reply


@ANSWERS("ModifySecurityGroupRules")
def modify(call: Call) -> Reply:
    reply = call.onward()
    for change in call.params["SecurityGroupRules"]:
        rule, known = change["SecurityGroupRule"], descriptions(call)
        known.pop(change["SecurityGroupRuleId"], None)
        if rule.get("Description"):
            known[change["SecurityGroupRuleId"]] = rule["Description"]
    return reply


@ANSWERS("UpdateSecurityGroupRuleDescriptionsIngress", "UpdateSecurityGroupRuleDescriptionsEgress")
def update_descriptions(call: Call) -> Reply:
    known, given = descriptions(call), call.params.get("SecurityGroupRuleDescriptions")
    for change in given or []:
        known[change["SecurityGroupRuleId"]] = change.get("Description", "")
    return {"Return": True} if given else call.onward()
