"""The provider's own inputs: region, tags for everything, endpoints. The same ones that Pulumi's AWS provider takes.

The stack's provider names its endpoints in the program (`endpoints=[…]`), from the stack's config; `AWS_ENDPOINT_URL`
is the fall-back, as it is for the real plugin. With the real plugin nothing else is needed: it takes the same inputs
(`endpoints`, `s3UsePathStyle`, `skipCredentialsValidation`, `skipMetadataApiCheck`, `skipRegionValidation`) and goes
to the same cloud. This provider takes credentials only where the inputs hold them, never from the user's profile.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.aws import Aws, require_loopback
from rehearsal.provider.kind import Problem
from rehearsal.provider.provider import Provider
from rehearsal.provider.values import Props, Unknown

KNOWN = frozenset([
    "region", "defaultTags", "endpoints", "accessKey", "secretKey", "token", "allowedAccountIds", "maxRetries",
    "s3UsePathStyle", "skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation",
    "skipRequestingAccountId", "version", "pluginDownloadURL", "retryMode", "stsRegion",
])


def decoded(inputs: Mapping[str, Any]) -> Props:
    """SDKs write everything but plain words as JSON in a string."""
    found: Props = {}
    for name, value in inputs.items():
        found[name] = value
        if isinstance(value, str) and name not in ("region", "accessKey", "secretKey", "token", "version"):
            try:
                found[name] = json.loads(value)
            except ValueError:
                found[name] = value
    return found


def problems(inputs: Mapping[str, Any], *, endpoint: str = "") -> list[Problem]:
    """What is wrong with them; `endpoint`, where given, is used whatever they say."""
    given = decoded(inputs)
    found = [Problem(name, f"the rehearsal's provider does not implement {name!r}")
             for name in sorted(given.keys() - KNOWN)]
    if not given.get("region") and not os.environ.get("AWS_REGION"):
        found.append(Problem("region", "is required"))
    try:
        _ = endpoint or endpoint_of(given, os.environ)
    except Failure as failure:
        found.append(Problem("endpoints", f"{failure.what}: {failure.why}"))
    return found


def endpoint_of(given: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """The one endpoint, on this machine, that all services share."""
    addresses = {address for services in given.get("endpoints") or [] for address in services.values()
                 if isinstance(address, str)}
    if len(addresses) > 1:
        raise Failure("the provider's endpoints differ", why=f"the rehearsal has one: {', '.join(sorted(addresses))}",
                      next="give every service the same endpoint", exit_code=ExitCode.BAD_INPUT)
    return require_loopback(addresses.pop() if addresses else environment.get("AWS_ENDPOINT_URL", ""))


def configured(inputs: Mapping[str, Any], *, endpoint: str = "") -> Provider:
    """`endpoint`, where given, is the cloud that runs: it wins over an address that a stack's file remembers."""
    given = decoded(inputs)
    tags = (given.get("defaultTags") or {}).get("tags") or {}
    aws = Aws(require_loopback(endpoint) if endpoint else endpoint_of(given, os.environ),
              given.get("region") or os.environ.get("AWS_REGION") or "ap-northeast-2",
              given.get("accessKey") or "rehearsal", given.get("secretKey") or "rehearsal")
    allowed = given.get("allowedAccountIds")
    if allowed and not isinstance(allowed, Unknown) and aws.account not in allowed:
        raise Failure(f"the account {aws.account} is not one that this stack may touch",
                      why=f"its settings allow {', '.join(allowed)}", next="correct `allowed_account`",
                      exit_code=ExitCode.REFUSED)
    return Provider(aws, {key: str(value) for key, value in tags.items()})
