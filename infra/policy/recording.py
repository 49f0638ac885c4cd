"""Runs the program without a cloud and keeps what it asked for: the program as data, for policy, tests and pictures.

Nothing is created. Values that a cloud would make up (ARNs, ids, names) are made up here, from type and name, so that
two runs record the same.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks, set_mocks

from infra.__main__ import build
from infra.policy import arns
from infra.settings import Settings

ACCOUNT = "123456789012"
WRAPPED = "4dabf18193072939515e22adb298388d"       # how Pulumi's protocol marks a wrapped value
Inputs = dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """One resource: its type, its logical name, what the program gave it, and what it was given back."""

    type: str
    name: str
    inputs: Inputs
    outputs: Inputs

    @property
    def is_component(self) -> bool:
        return self.type.startswith("coko:")


@dataclass(frozen=True)
class Recording:
    stack: str
    settings: Settings
    resources: tuple[Recorded, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict)

    def of(self, *types: str) -> list[Recorded]:
        """Cloud resources whose type ends so: `of("ec2/subnet:Subnet")`."""
        wanted = tuple(f"aws:{kind}" for kind in types)
        return [resource for resource in self.resources if resource.type.endswith(wanted)]

    def typed(self, *types: str) -> list[Recorded]:
        """Resources of exactly these types: `typed("aws:ec2/subnet:Subnet")`."""
        return [resource for kind in types for resource in self._by_type.get(kind, ())]

    @cached_property
    def _by_type(self) -> dict[str, list[Recorded]]:
        index: dict[str, list[Recorded]] = {}
        for resource in self.resources:
            index.setdefault(resource.type, []).append(resource)
        return index

    def one(self, kind: str, name: str) -> Recorded:
        found = [resource for resource in self.of(kind) if resource.name == name]
        if len(found) != 1:
            raise LookupError(f"{len(found)} resources of type {kind} are named {name!r}")
        return found[0]

    def cloud(self) -> Iterator[Recorded]:
        return (resource for resource in self.resources if resource.type.startswith("aws:"))


def record(settings: Settings) -> Recording:
    """The whole program for these settings; what it refuses it refuses here as well."""
    recorder = _Recorder(settings)
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _loop, _context: None)    # a failure is raised below, once
    asyncio.set_event_loop(loop)
    set_mocks(recorder, project="coko", stack=settings.stack, preview=False)
    outputs: dict[str, Any] = {}

    def run() -> pulumi.Output[None]:
        return pulumi.Output.all(**build(settings)).apply(outputs.update)

    with _without_collecting():
        pulumi.runtime.test(run)()  # type: ignore[no-untyped-call]   # awaits every output, or fails
    in_order = sorted(recorder.resources, key=lambda resource: (resource.type, resource.name))
    return Recording(settings.stack, settings, tuple(in_order), outputs)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """The SDK makes thousands of classes at once, none of them garbage: looking through them doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Recorder(Mocks):
    def __init__(self, settings: Settings) -> None:
        self._region = settings.aws.region
        self.resources: list[Recorded] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, Inputs]:
        made = {**args.inputs, **self._computed(args)}
        if not args.typ.startswith("pulumi:pulumi:"):
            self.resources.append(Recorded(args.typ, args.name, _plain(args.inputs), _plain(made)))
        return str(made.get("id", f"{args.name}-id")), made

    def call(self, args: MockCallArgs) -> tuple[Inputs, list[tuple[str, str]]]:
        return self._answers(args.args)[args.token], []

    def _answers(self, asked: Mapping[str, Any]) -> dict[str, Inputs]:
        region = self._region
        return {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT, "id": ACCOUNT},
            "aws:index/getPartition:getPartition": {"partition": "aws", "id": "aws"},
            "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": [f"{region}{zone}" for zone in "abcd"]},
            "aws:ssm/getParameter:getParameter": {"name": asked.get("name"), "value": "ami-0123456789abcdef0"},
            "aws:elb/getServiceAccount:getServiceAccount": {"arn": "arn:aws:iam::600734575887:root"},
            "aws:route53/getZone:getZone": {"zoneId": "Z0ADOPTED", "nameServers": ["ns-1.example.net"]},
        }

    def _computed(self, args: MockResourceArgs) -> Inputs:
        """What the real provider would add, for as much as the program reads of it."""
        kind, name, inputs = args.typ.rsplit(":", 1)[-1], args.name, args.inputs
        given = inputs.get("name", f"{name}-1a2b3c4")
        common = {"id": f"{name}-{kind}", "name": given, "arnSuffix": arns.suffix(kind, name, inputs),
                  "arn": arns.arn(args.typ, name, given, inputs, region=self._region, account=ACCOUNT)}
        secret = f"arn:aws:secretsmanager:{self._region}:{ACCOUNT}:secret:rds!db-0123"
        special: dict[str, Inputs] = {
            "Bucket": {"bucket": f"{name}-1a2b3c4"},
            "Certificate": {"domainValidationOptions": [
                {"domainName": host, "resourceRecordName": f"_proof.{host}", "resourceRecordType": "CNAME",
                 "resourceRecordValue": "_value.acm.example"}
                for host in [inputs.get("domainName"), *inputs.get("subjectAlternativeNames", [])]]},
            "CertificateValidation": {"certificateArn": inputs.get("certificateArn")},
            "LoadBalancer": {"dnsName": f"{name}.elb.example", "zoneId": "Z0BALANCER"},
            "Record": {"fqdn": inputs.get("name")},
            "Zone": {"zoneId": f"Z0{name.upper()}", "nameServers": ["ns-1.example.net", "ns-2.example.net"]},
            "Vpc": {"ipv6CidrBlock": "2001:db8:1200::/56"},
            "LaunchTemplate": {"latestVersion": 1},
            "Key": {"keyId": f"{name}-key"},
            "BucketObjectv2": {"versionId": "v1"},
            "Instance": {"address": f"{name}.rds.example", "availabilityZone": f"{self._region}a",
                         "masterUserSecrets": [{"secretArn": secret}]},
        }
        return {**common, **special.get(kind, {})}


def _plain(value: Any) -> Any:
    """As the program wrote it: the protocol knows numbers only as floats, and wraps what a provider holds secret."""
    if isinstance(value, dict):
        return _plain(value["value"]) if WRAPPED in value else {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
