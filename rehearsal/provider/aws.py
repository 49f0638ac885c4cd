"""The provider's door to the rehearsal's API: boto3 clients that can reach this machine and nothing else.

The user's profile, credentials, configuration files, proxies and endpoint variables are not read: a rehearsal that
could reach a real account by accident would not be one.
"""

from __future__ import annotations

import ipaddress
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config

from pipelines.errors import ExitCode, Failure

T = TypeVar("T")
ANY_FILE: tuple[None, None, str, None] = (None, None, os.devnull, None)
NO_VALUE: tuple[None, None, None, None] = (None, None, None, None)
CONFIG = Config(
    retries={"max_attempts": 2, "mode": "standard"}, max_pool_connections=32, connect_timeout=5, read_timeout=120,
    proxies={}, s3={"addressing_style": "path"}, disable_request_compression=True,
)


def require_loopback(endpoint: str) -> str:
    """The endpoint, if it is on this machine; else refuse."""
    host = urlsplit(endpoint).hostname or ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if local:
        return endpoint
    raise Failure(
        f"the rehearsal's provider does not talk to {endpoint or 'AWS itself'}",
        why="it is for the rehearsal only, and that listens on this machine's loopback address",
        next='coko rehearse up --only cloud, then eval "$(coko rehearse env)"; real accounts: Pulumi\'s own provider',
        exit_code=ExitCode.REFUSED)


@dataclass
class Aws:
    """One account and region of the rehearsal's API. `aws.ec2` is the EC2 client, and so on for every service."""

    endpoint: str
    region: str = "ap-northeast-2"
    access_key: str = "rehearsal"
    secret_key: str = field(default="rehearsal", repr=False)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    # botocore's events (`after-call`, …) and who wants to hear of them: benchmarks ask where the time goes.
    observers: ClassVar[dict[str, Callable[..., None]]] = {}

    def __post_init__(self) -> None:
        require_loopback(self.endpoint)
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._session = botocore.session.Session(session_vars={
            "profile": NO_VALUE, "config_file": ANY_FILE, "credentials_file": ANY_FILE, "ca_bundle": NO_VALUE,
        })
        for event, observer in self.observers.items():
            self._session.register(event, observer)

    def client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.create_client(
                    service, region_name=self.region, endpoint_url=self.endpoint, config=CONFIG,
                    aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key)
            return self._clients[service]

    def __getattr__(self, service: str) -> Any:
        if service.startswith("_"):
            raise AttributeError(service)
        return self.client(service)

    @cached_property
    def account(self) -> str:
        return str(self.client("sts").get_caller_identity()["Account"])

    def arn(self, service: str, name: str, account: str | None = None) -> str:
        return f"arn:aws:{service}:{self.region}:{account or self.account}:{name}"

    def wait(self, what: str, ready: Callable[[], T | None], *, seconds: float = 120) -> T:
        """Ask again, less and less often, until `ready` has an answer."""
        end, pause = self.clock() + seconds, 0.05
        while (found := ready()) is None:
            if self.clock() > end:
                raise Failure(f"{what} took longer than {seconds:.0f} s", why="the rehearsal's API never reported it",
                              next="coko rehearse status; coko rehearse logs cloud")
            self.sleep(pause)
            pause = min(pause * 1.6, 2)
        return found

    def pages(self, service: str, operation: str, result: str, **params: Any) -> list[Any]:
        """All items of a listing, whatever the service's way to page."""
        client = self.client(service)
        if not client.can_paginate(operation):
            return list(getattr(client, operation)(**params).get(result, []))
        return [item for page in client.get_paginator(operation).paginate(**params) for item in page.get(result, [])]
