"""What a secret looks like when somebody wrote it down: shapes of credentials, and names with a value beside them."""

from __future__ import annotations

import re
from typing import Any

SHAPES = {
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE" r" KEY-----"),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    "a password in an address": re.compile(r"://[^\s/:@$]+:[^\s/@$]+@"),
    # The value is literal: not a variable, not a command, not empty.
    "a password": re.compile(r"""(?i)(password|passwd|secret_?(access_)?key|api_?key|auth_?token)["']?\s*[=:]\s*"""
                             r"""["']?[A-Za-z0-9+/!@#%^*_.~-]{6,}"""),
}
FIELDS = re.compile(r"(?i)^(password|master_?user_?password|masterPassword|secretString|privateKey|authToken)$")


def secrets_in(text: str) -> list[str]:
    return [what for what, shape in SHAPES.items() if shape.search(text)]


def secret_fields(inputs: Any, path: str = "") -> list[str]:
    """Where inputs hold a secret: a field that is made for one, or a value that looks like one."""
    if isinstance(inputs, dict):
        return [found for name, value in inputs.items() for found in _field(name, value, f"{path}.{name}".lstrip("."))]
    if isinstance(inputs, list):
        return [found for position, value in enumerate(inputs) for found in secret_fields(value, f"{path}[{position}]")]
    return [f"{what} in {path}" for what in secrets_in(inputs)] if isinstance(inputs, str) else []


def _field(name: str, value: Any, path: str) -> list[str]:
    if FIELDS.match(name) and isinstance(value, str) and value:
        return [f"a literal value in {path}"]
    return secret_fields(value, path)
