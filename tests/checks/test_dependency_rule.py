"""Who may import whom (docs/decisions/0001): packages meet in data, not in each other's code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.checks import ROOT, name, text, tracked

PACKAGES = ("app", "benchmarks", "cli", "console", "infra", "pipelines", "rehearsal", "tests", "tools")

MAY_IMPORT: dict[str, set[str]] = {
    "app": set(),
    "infra": set(),
    "pipelines": set(),
    "console": {"pipelines"},
    "rehearsal": {"pipelines"},
    "cli": {"pipelines", "console", "rehearsal", "infra"},
}

BOTO3_DOORS = ("pipelines/aws.py", "rehearsal/", "app/was/", "tests/", "benchmarks/")
APP_DOORS = 1      # the app has one secrets module


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {node.module}
    return found


def top(module: str) -> str:
    return module.split(".")[0]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_only_what_they_may(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    wrong = [f"{name(path)} imports {module}" for path in tracked(f"{package}/**/*.py", f"{package}/*.py")
             for module in imports(path) if top(module) in PACKAGES and top(module) not in allowed]
    assert wrong == []


def test_aws_is_reached_through_its_doors_only() -> None:
    users = [name(p) for p in tracked("*.py") if {top(m) for m in imports(p)} & {"boto3", "botocore"}]
    assert [user for user in users if not user.startswith(BOTO3_DOORS)] == []
    assert len([user for user in users if user.startswith("app/")]) <= APP_DOORS


def test_the_program_imports_leaf_modules_of_pulumi_aws() -> None:
    whole = [f"{name(path)}:{node.lineno}" for path in tracked("infra/*.py") for node in ast.walk(ast.parse(text(path)))
             if isinstance(node, ast.Import) and any(alias.name == "pulumi_aws" for alias in node.names)]
    assert whole == [], "write `from pulumi_aws import ec2`: the whole package takes seconds to import"


def test_the_rehearsal_is_not_known_elsewhere() -> None:
    """The same program, hooks and pipelines everywhere: no `if rehearsal` outside rehearsal/ (and the CLI's verb)."""
    for package in ("infra", "pipelines", "app", "scripts"):
        for path in tracked(f"{package}/*.py", f"{package}/*.sh"):
            assert "if rehearsal" not in text(path), name(path)
    assert (ROOT / "pyproject.toml").exists()
