"""The program publishes exactly what the pipelines read: two definitions, neither importing the other."""

from __future__ import annotations

import sys
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from infra.contract import Contract
from pipelines.errors import ExitCode, Failure
from pipelines.target import Target, paths
from tests.infra import STACKS, recorded


def shape(kind: type[Any]) -> dict[str, Any]:
    """Names, and below nested records their names: `Input[str]` on one side is `str` on the other."""
    known = vars(sys.modules[kind.__module__])
    nested = {field.name: known.get(str(field.type)) for field in fields(kind)}
    return {name: shape(inner) if isinstance(inner, type) and is_dataclass(inner) else "value"
            for name, inner in nested.items()}


def parameters(stack: str) -> dict[str, str]:
    return {p.inputs["name"]: p.inputs["value"] for p in recorded(stack).of("ssm/parameter:Parameter")}


def test_both_sides_have_the_same_fields() -> None:
    assert shape(Contract) == shape(Target)


@pytest.mark.parametrize("stack", STACKS)
def test_the_parameters_are_exactly_what_is_read(stack: str) -> None:
    assert sorted(parameters(stack)) == sorted(f"/coko/{stack}/{path}" for path in paths(Target))


@pytest.mark.parametrize("stack", STACKS)
def test_the_outputs_say_the_same(stack: str) -> None:
    outputs = dict(recorded(stack).outputs)
    assert outputs.pop("name-servers")      # for the person who delegates the zone; nothing reads it
    assert {f"/coko/{stack}/{name}": value for name, value in outputs.items()} == parameters(stack)


def test_a_target_is_read_back() -> None:
    target = Target.from_parameters("prod", parameters("prod"))
    assert target.web.deployment == "blue_green"
    assert len(target.web.colours) == 2
    assert target.was.colours == ["coko-was-blue-1a2b3c4"]
    assert target.web.upstream.endswith(":8000")
    assert target.database.port == "3306"


@pytest.mark.parametrize("stack", STACKS)
def test_no_parameter_is_empty_or_secret(stack: str) -> None:
    """SSM refuses empty values; secrets are published by ARN alone."""
    assert [name for name, value in parameters(stack).items() if not value] == []
    assert parameters(stack)[f"/coko/{stack}/database/secret"].startswith("arn:")


@pytest.mark.parametrize(("known", "what"), [({}, "is not there"), ({"/coko/dev/region": "x"}, "older than these")])
def test_a_missing_or_old_stack_is_named(known: dict[str, str], what: str) -> None:
    with pytest.raises(Failure) as caught:
        Target.from_parameters("dev", known)
    assert what in caught.value.what
    assert caught.value.next == "pulumi up --stack dev"
    assert caught.value.exit_code == ExitCode.REFUSED
