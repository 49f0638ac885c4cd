"""`coko settings` on files that people really write: every slip is named, none is a bug of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.stacks import load_settings
from pipelines.errors import ExitCode, Failure

GOOD = b"config:\n  coko:edge: {domain: coko.example.com}\n"


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_bytes(GOOD)
    assert load_settings("dev", tmp_path).edge.domain == "coko.example.com"


@pytest.mark.parametrize(("content", "why"), [
    (b"\xff\xfe\x00", "can't decode"), (b"- a list", "not a mapping"), (b"config: hello", "write them below it"),
    (b"confg: {}", "'confg' is not one of its keys"), (b"config: {edge: {}}", "write `coko:edge`"),
    (b"config: [", "expected"),
])
def test_what_is_no_configuration_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_bytes(content)
    with pytest.raises(Failure) as caught:
        load_settings("dev", tmp_path)
    assert why in caught.value.why
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert "coko settings --stack dev" in caught.value.next


def test_an_unknown_stack_names_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_bytes(GOOD)
    with pytest.raises(Failure) as caught:
        load_settings("prod", tmp_path)
    assert caught.value.why == "the stacks here are dev"
