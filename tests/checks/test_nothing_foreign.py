"""What must not be written anywhere: addresses of package indexes, secrets, patched modules, silent skips."""

from __future__ import annotations

import re

from tests.checks import name, text, tracked

# Spelled in two halves, or this file would be its own first finding.
INDEX_HOSTS = re.compile("|".join([
    r"py" r"pi\.org", r"python" r"hosted\.org", r"npm" r"js\.(org|com)",
    r"proxy\.go" r"lang\.org", r"sum\.go" r"lang\.org",
    r"repo\d?\.maven", r"crates" r"\.io", r"deb\." r"debian\.org", r"security\." r"debian\.org",
    r"index" r"-url", r'"resolved"' r":",
]))
SECRETS = re.compile("|".join([
    r"AKIA[0-9A-Z]{16}", r"-----BEGIN [A-Z ]*PRIVATE" r" KEY-----", r"aws_secret_access_key\s*=\s*[A-Za-z0-9/+]{40}",
]))
PATCHING = re.compile(r"\bmock\.patch|from unittest\.mock import .*\bpatch\b|mock" r"er\.patch|monkeypatch\.setattr")
SKIPPING = re.compile(r"pytest\.(mark\.)?skip|pytest\.importorskip|mark\.xfail|unittest\.skip")


def findings(pattern: re.Pattern[str], *globs: str) -> list[str]:
    here = "tests/checks/test_nothing_foreign.py"
    return [f"{name(path)}:{number}: {line.strip()[:100]}" for path in tracked(*globs) if name(path) != here
            for number, line in enumerate(text(path).splitlines(), 1) if pattern.search(line)]


def test_no_package_index_is_named() -> None:
    assert findings(INDEX_HOSTS) == []


def test_locks_carry_no_addresses() -> None:
    assert findings(re.compile("://"), "*.lock", "**/*.lock", "*package-lock.json") == []


def test_no_secret_is_committed() -> None:
    assert findings(SECRETS) == []


def test_tests_inject_instead_of_patching() -> None:
    assert findings(PATCHING, "tests/*.py", "tests/**/*.py") == []


def test_no_test_is_skipped() -> None:
    assert findings(SKIPPING, "tests/*.py", "tests/**/*.py") == []
