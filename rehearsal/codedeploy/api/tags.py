"""Tags of applications and deployment groups, by ARN."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..store.tags import Table
from .registry import Answer, Request, Service, action, application, group


def tag_map(tags: list[dict[str, Any]], code: str) -> dict[str, str]:
    """Tags as a mapping, or an error: keys of 1–128 characters, values of at most 256, fifty of them, none twice."""
    found: dict[str, str] = {}
    for tag in tags:
        key, value = tag.get("Key") or "", tag.get("Value") or ""
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.startswith("aws:") or key in found:
            raise ApiError(code, f"The tag {key!r} is empty, too long, reserved (aws:) or given twice.")
        found[key] = value
    if len(found) > 50:
        raise ApiError(code, f"At most 50 tags are allowed; these are {len(found)}.")
    return found


def _owner(service: Service, arn: str) -> tuple[Table, str]:
    parts = arn.split(":", 6)
    if len(parts) != 7 or parts[:3] != ["arn", "aws", "codedeploy"]:
        raise ApiError("InvalidArnException", f"{arn!r} is not the ARN of a CodeDeploy resource.")
    if parts[5] == "application":
        return "application", application(service, parts[6]).name
    if parts[5] == "deploymentgroup":
        owner, _, name = parts[6].partition("/")
        return "deployment_group", group(service, owner, name).id
    raise ApiError(
        "ArnNotSupportedException", f"A {parts[5]} cannot be tagged: only applications and deployment groups."
    )


@action("ListTagsForResource")
def list_tags(service: Service, request: Request) -> Answer:
    found = service.store.tags.get(*_owner(service, request["ResourceArn"]))
    return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(found.items())]}


@action("TagResource")
def tag(service: Service, request: Request) -> Answer:
    new = tag_map(request["Tags"], "InvalidTagsToAddException")
    with service.store.transaction():
        table, key = _owner(service, request["ResourceArn"])
        merged = service.store.tags.get(table, key) | new
        checked = tag_map(
            [{"Key": each, "Value": value} for each, value in merged.items()], "InvalidTagsToAddException"
        )
        service.store.tags.put(table, key, checked)
    return {}


@action("UntagResource")
def untag(service: Service, request: Request) -> Answer:
    with service.store.transaction():
        table, key = _owner(service, request["ResourceArn"])
        left = {
            each: value for each, value in service.store.tags.get(table, key).items() if each not in request["TagKeys"]
        }
        service.store.tags.put(table, key, left)
    return {}
