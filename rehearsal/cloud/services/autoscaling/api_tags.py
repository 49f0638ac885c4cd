"""Tags of groups. They belong to the group's name; `PropagateAtLaunch` gives them to the instances it starts."""

from __future__ import annotations

from typing import Any

from rehearsal.cloud.answers import Call, Reply
from rehearsal.cloud.services.autoscaling.api_groups import tag
from rehearsal.cloud.services.autoscaling.model import ANSWERS, group_of, groups_of


@ANSWERS("CreateOrUpdateTags")
def put(call: Call) -> Reply:
    for given in call.params["Tags"]:
        group = group_of(call, given["ResourceId"])
        group.tags[given["Key"]] = (given.get("Value", ""), bool(given.get("PropagateAtLaunch")))
    return {}


@ANSWERS("DeleteTags")
def delete(call: Call) -> Reply:
    for given in call.params["Tags"]:
        group_of(call, given["ResourceId"]).tags.pop(given["Key"], None)
    return {}


@ANSWERS("DescribeTags")
def describe(call: Call) -> Reply:
    rows = [tag(group, key) for group in groups_of(call.world, call.region).values() for key in sorted(group.tags)]
    return {"Tags": [row for row in rows if all(_matches(row, f) for f in call.params.get("Filters") or [])]}


def _matches(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    values = wanted.get("Values", [])
    field = {"auto-scaling-group": "ResourceId", "key": "Key", "value": "Value"}.get(wanted["Name"])
    if field:
        return row[field] in values
    return str(row["PropagateAtLaunch"]).lower() in values
