"""The instance metadata service, version 2: who an instance is, to be asked by that instance alone.

A box is known by the address that it asks from. Without a token there is no answer where the launch template wants one.
"""

from __future__ import annotations

import json
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal.fleet.served import Quiet, Served

LONGEST = 21600
Credentials = Callable[[str], Mapping[str, Any] | None]     # role's profile ARN → AccessKeyId, SecretAccessKey, …


@dataclass(frozen=True)
class Identity:
    """What an instance may know of itself."""

    id: str
    ip: str
    mac: str
    type: str
    zone: str
    image: str
    vpc: str = ""
    vpc_cidr: str = ""
    subnet: str = ""
    subnet_cidr: str = ""
    account: str = "123456789012"
    lifecycle: str = "InService"
    profile: str = ""                                   # ARN of the instance profile
    role: str = ""
    groups: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    user_data: bytes = b""
    tokens_required: bool = True
    shows_tags: bool = True

    @property
    def region(self) -> str:
        return self.zone[:-1]


def facts(of: Identity) -> dict[str, str]:
    """Every path below /latest/ and what it says."""
    host = f"ip-{of.ip.replace('.', '-')}.{of.region}.compute.internal"
    interface = f"meta-data/network/interfaces/macs/{of.mac}"
    told = {
        "meta-data/ami-id": of.image, "meta-data/instance-id": of.id, "meta-data/instance-type": of.type,
        "meta-data/hostname": host, "meta-data/local-hostname": host, "meta-data/local-ipv4": of.ip,
        "meta-data/mac": of.mac, "meta-data/security-groups": "\n".join(of.groups),
        "meta-data/instance-life-cycle": "on-demand", "meta-data/services/domain": "amazonaws.com",
        "meta-data/placement/availability-zone": of.zone, "meta-data/placement/region": of.region,
        "meta-data/autoscaling/target-lifecycle-state": of.lifecycle,
        f"{interface}/local-ipv4s": of.ip, f"{interface}/subnet-id": of.subnet, f"{interface}/vpc-id": of.vpc,
        f"{interface}/subnet-ipv4-cidr-block": of.subnet_cidr, f"{interface}/vpc-ipv4-cidr-block": of.vpc_cidr,
        "dynamic/instance-identity/document": json.dumps({
            "accountId": of.account, "availabilityZone": of.zone, "imageId": of.image, "instanceId": of.id,
            "instanceType": of.type, "privateIp": of.ip, "region": of.region, "version": "2017-09-30"}, indent=2),
    }
    if of.shows_tags:
        told |= {f"meta-data/tags/instance/{key}": value for key, value in of.tags.items()}
    if of.profile:
        told["meta-data/iam/info"] = json.dumps({"Code": "Success", "InstanceProfileArn": of.profile})
    return told


def listing(paths: Mapping[str, str], prefix: str) -> str | None:
    """What lies below a path, as the service shows it; directories end with a slash."""
    below = [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]
    names = sorted({part + ("/" if slash else "") for part, slash, _ in (path.partition("/") for path in below)})
    return "\n".join(names) or None


class Metadata:
    def __init__(self, who: Callable[[str], Identity | None], credentials: Credentials,
                 clock: Callable[[], float] = time.time) -> None:
        self.who, self.credentials, self.clock = who, credentials, clock
        self.tokens: dict[str, tuple[str, float]] = {}          # token → address, until

    def token(self, address: str, lifetime: str | None) -> tuple[int, bytes]:
        if lifetime is None or not lifetime.isdigit() or not 1 <= int(lifetime) <= LONGEST:
            return 400, b"X-aws-ec2-metadata-token-ttl-seconds must be between 1 and 21600\n"
        now = self.clock()
        self.tokens = {held: known for held, known in self.tokens.items() if known[1] > now}
        made = secrets.token_urlsafe(40)
        self.tokens[made] = (address, now + int(lifetime))
        return 200, made.encode()

    def get(self, address: str, path: str, token: str | None) -> tuple[int, bytes]:
        identity = self.who(address)
        if identity is None:
            return 404, b"no instance has the address that asked\n"
        if not self._admits(address, token, identity):
            return 401, b"Unauthorized\n"
        if path == "user-data":
            return (200, identity.user_data) if identity.user_data else (404, b"")
        told = self._told(identity, path)
        return (200, told.encode()) if told is not None else (404, b"")

    def _admits(self, address: str, token: str | None, identity: Identity) -> bool:
        if token is None:
            return not identity.tokens_required
        known = self.tokens.get(token)
        return bool(known and known[0] == address and known[1] > self.clock())

    def _told(self, identity: Identity, path: str) -> str | None:
        secret = "meta-data/iam/security-credentials/"  # noqa: S105
        paths = facts(identity)
        if identity.role:
            paths[secret + identity.role] = ""
            if path == secret + identity.role:
                return self._credentials(identity)
        if path in paths:
            return paths[path]
        return listing(paths, path.rstrip("/") + "/" if path else "")

    def _credentials(self, identity: Identity) -> str | None:
        found = self.credentials(identity.profile)
        if not found:
            return None
        until = found.get("Expiration") or datetime.now(UTC) + timedelta(hours=6)
        return json.dumps({
            "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": _iso(datetime.now(UTC)), "Expiration": _iso(until),
            "AccessKeyId": found["AccessKeyId"], "SecretAccessKey": found["SecretAccessKey"],
            "Token": found["SessionToken"]}, indent=2)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def serve(bound: socket.socket, metadata: Metadata) -> Served:
    class Handler(Quiet):
        def do_PUT(self) -> None:  # noqa: N802
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path != "/latest/api/token" or "X-Forwarded-For" in self.headers:
                self.say(403, b"Forbidden\n")
                return
            lifetime = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
            self.say(*metadata.token(self.client_address[0], lifetime))

        def do_GET(self) -> None:  # noqa: N802
            _, _, path = self.path.partition("?")[0].lstrip("/").partition("/")
            self.say(*metadata.get(self.client_address[0], path, self.headers.get("X-aws-ec2-metadata-token")))
    return Served(bound, Handler)
