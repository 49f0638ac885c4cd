"""Refuses to ship what looks like a secret: keys of AWS, private keys, tokens of code hosts, passwords in URLs."""

from __future__ import annotations

import re
from collections.abc import Mapping

KINDS: Mapping[str, re.Pattern[bytes]] = {
    "an AWS access key": re.compile(rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "an AWS secret key": re.compile(rb"(?i)aws_secret_access_key[\"']?\s*[=:]\s*[\"']?[A-Za-z0-9/+]{40}\b"),
    "a private key": re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}"),
    "a token of GitHub": re.compile(rb"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b"),
    "a password in a URL": re.compile(rb"\b[a-z][a-z0-9+]*://[^\s/:@\"'{}<>$%]+:[^\s/:@\"'{}<>$%]{6,}@[a-z0-9]"),
    "a token of Slack": re.compile(rb"\bxox[abprs]-[0-9A-Za-z-]{20,}"),
}
NAMES = re.compile(r"(^|/)(\.env(\..+)?|id_(rsa|ecdsa|ed25519)|.*\.(pem|key|p12|pfx)|credentials|\.netrc|\.git)(/|$)")
# AWS's own manuals use it in every example.
EXAMPLES = (b"IOSFODNN7EXAMPLE",)
NOT_OURS = ("release/wheels/",)     # other people's packages, held to the lock's hashes


def findings(files: Mapping[str, bytes]) -> list[str]:
    """`path:line holds …`, never the secret itself."""
    found = []
    for path, content in sorted(files.items()):
        if path.startswith(NOT_OURS):
            continue
        if NAMES.search(path):
            found.append(f"{path} is named like a secret")
        found += [f"{path}:{line} holds {kind}" for kind, line in _kinds(content)]
    return found


def _kinds(content: bytes) -> list[tuple[str, int]]:
    return [(kind, content.count(b"\n", 0, match.start()) + 1) for kind, pattern in KINDS.items()
            for match in pattern.finditer(content) if not any(example in match[0] for example in EXAMPLES)]
