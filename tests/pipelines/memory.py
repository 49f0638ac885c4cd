"""AWS in memory, behind the stages' own door: releases, good releases, and one deployment group with a history."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.door import Answer, Call, Clock, Refusal
from pipelines.releases import Release, record
from pipelines.stack import Tier
from pipelines.target import TierTarget

TIER = Tier("s", "web", "app", "bucket", TierTarget(
    deployment="in_place", deployment_group="app-web", deployment_config="AllAtOnce", scaling_groups="web-blue",
    target_group="arn:tg", health_path="/healthz", port="80", log_group="/l", upstream="u"))


def release(letter: str) -> Release:
    return Release(tier="web", digest=letter * 64, bucket="bucket", version="v", etag="e", sha256="s", size=1,
                   commit=letter * 40, subject=f"release {letter}", by="kim", at="2026-01-01T00:00:00Z")


@dataclass
class Memory:
    """Deployments are dicts as the API has them, oldest first."""

    deployments: list[dict[str, Any]] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    sent: list[Call] = field(default_factory=list)
    refuse: dict[str, list[str]] = field(default_factory=dict)      # operation → codes, one a call
    time: float = 1_000_000.0

    def clock(self, *then: Any) -> Clock:
        """Sleeping passes the time at once; each pause runs one of `then` first."""
        waiting = list(then)

        def sleep(seconds: float) -> None:
            if waiting:
                waiting.pop(0)()
            self.time += seconds
        return Clock(lambda: self.time, sleep)

    def knows(self, *letters: str) -> Memory:
        for letter in letters:
            self.send(record(release(letter)))
        return self

    def had(self, letter: str, status: str, **more: Any) -> Memory:
        """One more deployment, a minute after the last."""
        number, key = len(self.deployments) + 1, f"web/{letter * 64}.zip"
        at = datetime.fromtimestamp(self.time + 60 * number, UTC)
        over = {"completeTime": at} if status in ("Succeeded", "Failed", "Stopped") else {}
        self.deployments.append({
            "deploymentId": f"d-{number}", "deploymentGroupName": "app-web", "status": status, "creator": "user",
            "revision": {"s3Location": {"key": key}}, "createTime": at, **over, **more})
        return self

    def send(self, call: Call) -> Answer:
        self.sent.append(call)
        codes = self.refuse.get(call.operation, [])
        if codes:
            raise Refusal(call, codes.pop(0), "told to refuse")
        answer: Answer = getattr(self, call.operation)(call.arguments)
        return answer

    def pages(self, call: Call, key: str, limit: int | None = None) -> list[Any]:
        return list(self.send(call)[key])[:limit]

    def upload(self, path: Path, bucket: str, key: str, metadata: Mapping[str, str]) -> None:
        self.objects[key] = path.read_bytes()

    def put_object(self, asked: Mapping[str, Any]) -> Answer:
        self.objects[asked["Key"]] = asked["Body"]
        return {}

    def get_object(self, asked: Mapping[str, Any]) -> Answer:
        if asked["Key"] not in self.objects:
            raise Refusal(Call("s3", "get_object", asked), "NoSuchKey", asked["Key"])
        return {"Body": io.BytesIO(self.objects[asked["Key"]])}

    def list_objects_v2(self, asked: Mapping[str, Any]) -> Answer:
        names = [name for name in self.objects if name.startswith(asked["Prefix"])]
        return {"Contents": [{"Key": name, "LastModified": number} for number, name in enumerate(names)]}

    def get_parameter(self, asked: Mapping[str, Any]) -> Answer:
        if asked["Name"] not in self.parameters:
            raise Refusal(Call("ssm", "get_parameter", asked), "ParameterNotFound", "")
        return {"Parameter": {"Value": self.parameters[asked["Name"]]}}

    def put_parameter(self, asked: Mapping[str, Any]) -> Answer:
        self.parameters[asked["Name"]] = asked["Value"]
        return {}

    def list_deployments(self, asked: Mapping[str, Any]) -> Answer:
        wanted = asked.get("includeOnlyStatuses")
        return {"deployments": [each["deploymentId"] for each in reversed(self.deployments)
                                if not wanted or each["status"] in wanted]}

    def batch_get_deployments(self, asked: Mapping[str, Any]) -> Answer:
        return {"deploymentsInfo": [self._one(name) for name in asked["deploymentIds"]]}

    def get_deployment(self, asked: Mapping[str, Any]) -> Answer:
        return {"deploymentInfo": self._one(asked["deploymentId"])}

    def create_deployment(self, asked: Mapping[str, Any]) -> Answer:
        letter = asked["revision"]["s3Location"]["key"][4]
        self.had(letter, "Created", description=asked["description"])
        return {"deploymentId": self.deployments[-1]["deploymentId"]}

    def _one(self, name: str) -> dict[str, Any]:
        return next(each for each in self.deployments if each["deploymentId"] == name)
