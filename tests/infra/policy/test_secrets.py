"""What is taken for a secret, and what is not: a rule that cries wolf is switched off."""

from __future__ import annotations

import pytest

from infra.policy.secrets import secret_fields, secrets_in

WRITTEN_DOWN = [
    "export DB_PASSWORD=hunter22", "password: 'correct-horse'", 'api_key = "0123456789abcdef"',
    "AWS_SECRET_ACCESS_KEY=abcdefghij0123456789", "AKIA" "IOSFODNN7EXAMPLE", "-----BEGIN OPENSSH PRIVATE" " KEY-----",
    "ghp_" + "a" * 36, "mysql://coko:s3cr3tword@10.0.0.5/coko",
]
INNOCENT = [
    "password=$(aws secretsmanager get-secret-value)", 'PASSWORD="${DB_PASSWORD}"', "the password is kept by RDS",
    "manage_master_user_password", "https://example.com/path?next=a:b@c", "arn:aws:secretsmanager:eu:1:secret:rds!db",
    "password=", "# passwords: see the runbook", "http://127.0.0.1:4580", "git@github.com:coko/coko.git",
]


@pytest.mark.parametrize("text", WRITTEN_DOWN)
def test_a_secret_is_seen(text: str) -> None:
    assert secrets_in(f"#!/bin/sh\n{text}\n") != []


@pytest.mark.parametrize("text", INNOCENT)
def test_talk_of_secrets_is_not_a_secret(text: str) -> None:
    assert secrets_in(text) == []


def test_fields_are_found_wherever_they_are() -> None:
    inputs = {"users": [{"name": "a", "password": "x"}], "note": "api_key=abcdef0123", "port": 22}
    assert secret_fields(inputs) == ["a literal value in users[0].password", "a password in note"]
