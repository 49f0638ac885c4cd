"""IAM documents as data: statements with every field a list, whoever wrote them short."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from infra.policy.rule import Subject

# Where resources keep their documents.
FIELDS = ("policy", "assumeRolePolicy")


@dataclass(frozen=True)
class Statement:
    raw: dict[str, Any]

    @property
    def allows(self) -> bool:
        return bool(self.raw.get("Effect") == "Allow")

    @property
    def actions(self) -> list[str]:
        return listed(self.raw.get("Action"))

    @property
    def resources(self) -> list[str]:
        return listed(self.raw.get("Resource"))

    @property
    def principals(self) -> list[tuple[str, str]]:
        """Kind and name: ("Service", "ec2.amazonaws.com"), ("AWS", an ARN), or ("*", "*")."""
        named = self.raw.get("Principal", {})
        if not isinstance(named, dict):
            return [("*", str(named))]
        return [(kind, name) for kind, names in named.items() for name in listed(names)]

    @property
    def condition_keys(self) -> set[str]:
        return {key for test in self.raw.get("Condition", {}).values() for key in test}

    @property
    def label(self) -> str:
        return str(self.raw.get("Sid") or ", ".join(self.actions))

    @property
    def is_for_anybody(self) -> bool:
        return any(name == "*" for _, name in self.principals)


def listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [*value]


def document(subject: Subject) -> dict[str, Any]:
    text = next((subject[field] for field in FIELDS if subject[field]), None)
    return _parsed(text) if isinstance(text, str) else {}


@cache
def _parsed(text: str) -> dict[str, Any]:
    """Many rules read the same document; none changes it."""
    parsed = json.loads(text)
    return parsed if isinstance(parsed, dict) else {}


def statements(subject: Subject) -> list[Statement]:
    return [Statement(raw) for raw in document(subject).get("Statement", [])]


def grants(subject: Subject) -> Iterator[Statement]:
    return (statement for statement in statements(subject) if statement.allows)


def refuses_plain_http(subject: Subject | None) -> bool:
    """Whether everybody is denied everything over plain HTTP."""
    if subject is None:
        return False
    return any(not statement.allows and statement.is_for_anybody
               and statement.raw.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
               for statement in statements(subject))
