"""Settings: all findings at once; secrets: kept, re-read after a refusal, never in a text."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from app.was.environment import Environment, Secrets
from app.was.errors import Problem

ARN = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:coko-db-a1B2c3"


class Vault:
    """A secret that is rotated, and how often it was read."""

    def __init__(self, *passwords: str) -> None:
        self.passwords, self.reads = list(passwords), 0

    def __call__(self, arn: str) -> str:
        self.reads += 1
        return json.dumps({"username": "admin", "password": self.passwords[min(self.reads, len(self.passwords)) - 1]})


def clock(*moments: float) -> Callable[[], float]:
    waiting = list(moments)
    return lambda: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def test_without_a_host_the_database_is_a_file() -> None:
    environment = Environment.load({"COKO_DATABASE_FILE": "/somewhere/x"})
    assert environment.server is None
    assert environment.database_file == "/somewhere/x"


def test_all_findings_are_told_at_once() -> None:
    with pytest.raises(Problem) as caught:
        Environment.load({"COKO_DATABASE_PORT": "x", "COKO_DATABASE_TLS": "yes", "COKO_NEWS_URL": "ftp://x"})
    for name in ("COKO_DATABASE_PORT", "COKO_DATABASE_TLS", "COKO_NEWS_URL"):
        assert name in caught.value.what
    assert caught.value.exit_code == 2


def test_a_secret_is_read_once_and_again_after_a_refusal() -> None:
    vault = Vault("old", "new")
    environment = Environment.load({"COKO_DATABASE_SECRET_ARN": ARN}, Secrets(vault, clock(0, 100)))
    assert environment.database_credentials().password == "old"
    assert environment.database_credentials().password == "old"
    assert vault.reads == 1
    assert environment.database_credentials(fresh=True).password == "new"
    assert environment.database_credentials().password == "new"
    assert vault.reads == 2


def test_refusals_in_a_row_do_not_storm_the_secret() -> None:
    vault = Vault("old")
    secrets = Secrets(vault, lambda: 0.5)
    for _ in range(50):
        secrets.read(ARN, fresh=True)
    assert vault.reads == 1


@pytest.mark.parametrize("text", ["", "not json", '"text"', "[1]"])
def test_a_secret_that_is_no_object_is_a_problem_that_names_it(text: str) -> None:
    with pytest.raises(Problem) as caught:
        Secrets(lambda _: text).read(ARN)
    assert ARN in caught.value.what


def test_source_keys_come_from_the_secret_or_from_variables() -> None:
    secret = json.dumps({"korea_service_key": "from the secret"})
    environment = Environment.load({"COKO_SOURCES_SECRET_ARN": ARN, "COKO_SEOUL_KEY": "from a variable"},
                                   Secrets(lambda _: secret))
    assert environment.source_keys().korea_service_key == "from the secret"
    assert environment.source_keys().seoul_key == "from a variable"


def test_no_text_of_the_settings_has_a_secret_in_it() -> None:
    environment = Environment.load({"COKO_DATABASE_PASSWORD": "hunter2", "COKO_SEOUL_KEY": "hunter3"})
    assert "hunter" not in repr(environment)
    assert "hunter" not in repr(environment.database_credentials())
    assert "hunter" not in repr(environment.source_keys())
