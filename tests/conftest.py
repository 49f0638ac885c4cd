"""The ground rules of every test: no network beyond this machine, no ambient credentials, no user's home."""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path
from typing import Any

import pytest

AMBIENT = ("AWS_", "PULUMI_", "COKO_")
CONNECT = socket.socket.connect


class LeftThisMachine(RuntimeError):
    """A test tried to reach an address that is not loopback."""


def _guarded(self: Any, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(str(address[0])):
        raise LeftThisMachine(f"tests reach loopback only, not {address}")
    CONNECT(self, address)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def pytest_configure() -> None:
    socket.socket.connect = _guarded  # type: ignore[method-assign]
    for name in [name for name in os.environ if name.startswith(AMBIENT)]:
        del os.environ[name]
    os.environ.update({
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    })


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).resolve().parent.parent
