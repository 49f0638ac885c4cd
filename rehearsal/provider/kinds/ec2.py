"""The regular part of EC2: `create_vpc`, `describe_vpcs`, `delete_vpc`, and the same for every other noun."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.kind import Made
from rehearsal.provider.kinds.shapes import only, retagged, tag_list, tag_map
from rehearsal.provider.values import Props

Shape = Callable[[Aws, Mapping[str, Any]], Props]


@dataclass(frozen=True, kw_only=True)
class Noun:
    """One EC2 noun, `InternetGateway`: its calls and parameters follow from the name."""

    name: str
    shape: Shape
    params: Callable[[Props], dict[str, Any]]
    whole: bool = True              # the create call's answer holds all outputs
    after: str = ""                 # attributes set by later calls, with the default that needs none
    same: str = ""                  # inputs that tell two of a kind apart, when looking for what was left behind
    dead: tuple[str, ...] = ("deleted", "deleting", "failed")

    @property
    def snake(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.name).lower()

    @property
    def id_field(self) -> str:
        return f"{self.name}Id"

    def make(self, aws: Aws, inputs: Props) -> Made:
        tags = [{"ResourceType": self.snake.replace("_", "-"), "Tags": tag_list(inputs.get("tagsAll"))}]
        if not inputs.get("tagsAll"):
            tags = []
        answer = getattr(aws.ec2, f"create_{self.snake}")(**self.params(inputs), TagSpecifications=tags)
        live = answer.get(self.name, answer)
        settled = self.whole and not any(inputs.get(name) for name in self.after.split())
        return Made(live[self.id_field], self.shape(aws, live) if settled else None)

    def live(self, aws: Aws, id_: str) -> Any:
        found = only(getattr(aws.ec2, f"describe_{self.snake}s")(**{f"{self.id_field}s": [id_]})[f"{self.name}s"])
        return None if found and found.get("State") in self.dead else found

    def find(self, aws: Aws, id_: str, properties: Props) -> Props | None:
        live = self.live(aws, id_)
        return None if live is None else self.shape(aws, live)

    def drop(self, aws: Aws, id_: str, properties: Props) -> None:
        getattr(aws.ec2, f"delete_{self.snake}")(**{self.id_field: id_})

    def seek(self, aws: Aws, inputs: Props) -> Iterable[str]:
        """Living things with the same tags and the same fixed properties: what an interrupted create may have left."""
        for live in aws.pages("ec2", f"describe_{self.snake}s", f"{self.name}s"):
            found = self.shape(aws, live)
            if live.get("State") not in self.dead and found.get("tagsAll", {}) == (inputs.get("tagsAll") or {}) and all(
                    inputs.get(name) in (None, found.get(name)) for name in self.same.split()):
                yield live[self.id_field]

    def rules(self) -> dict[str, Any]:
        """The fields of a `Kind` that follow from the noun."""
        return {"make": self.make, "find": self.find, "drop": self.drop, "seek": self.seek, "tag": tag}


def tag(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = retagged(old, new)
    if add:
        aws.ec2.create_tags(Resources=[id_], Tags=tag_list(add))
    if remove:
        aws.ec2.delete_tags(Resources=[id_], Tags=[{"Key": key} for key in remove])


def tags_of(live: Mapping[str, Any]) -> Props:
    return {"tagsAll": tag_map(live.get("Tags"))}


def arn(aws: Aws, live: Mapping[str, Any], path: str) -> str:
    return aws.arn("ec2", path, live.get("OwnerId"))
