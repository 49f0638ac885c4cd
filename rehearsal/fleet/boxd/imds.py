"""The instance metadata service, version 2, as a box's own programs ask it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

AT = "http://169.254.169.254/latest/"
LIFETIME = "60"
PATIENCE = 30.0
ROLES = "meta-data/iam/security-credentials/"


def token() -> str:
    request = urllib.request.Request(AT + "api/token", method="PUT",  # noqa: S310
                                     headers={"X-aws-ec2-metadata-token-ttl-seconds": LIFETIME})
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
                return str(answer.read().decode())
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def fetch(path: str, held: str = "") -> bytes | None:
    """None where there is nothing."""
    headers = {"X-aws-ec2-metadata-token": held or token()}
    request = urllib.request.Request(AT + path, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def text(path: str) -> str:
    return (fetch(path) or b"").decode()


def credentials() -> dict[str, str]:
    """The instance's role, as the environment names of AWS's tools; empty without a role."""
    role = text(ROLES).partition("\n")[0]
    if not role:
        return {}
    found: dict[str, Any] = json.loads(text(ROLES + role))
    return {"AWS_ACCESS_KEY_ID": found["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["Token"], "AWS_REGION": text("meta-data/placement/region")}
