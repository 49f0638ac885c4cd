"""The provider's table against Pulumi's own SDK: no type and no property that the SDK does not have."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.kind import Kind
from rehearsal.provider.kinds import KINDS, kind_of
from rehearsal.provider.kinds.lookups import LOOKUPS
from rehearsal.provider.surroundings import AROUND

EVERY = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def sdk_class(kind: Kind) -> type:
    _, module, name = kind.urn_type.split(":")
    found: type = getattr(importlib.import_module(f"pulumi_aws.{module.split('/')[0]}"), name)
    return found


def properties(owner: type) -> set[str]:
    getters = [value.fget for value in vars(owner).values() if isinstance(value, property) and value.fget]
    return {str(getattr(getter, "_pulumi_name", getter.__name__)) for getter in getters}


@EVERY
def test_the_sdk_has_the_type(kind: Kind) -> None:
    token = re.search(r"super\([^)]*\)\.__init__\(\s*'([^']+)'", inspect.getsource(sdk_class(kind)))
    assert token
    assert token[1] == kind.urn_type


@EVERY
def test_the_sdk_has_every_property(kind: Kind) -> None:
    known = properties(sdk_class(kind)) | {"region"}
    assert kind.inputs - known == set()
    assert {*kind.required.split(), *kind.volatile.split(), *kind.recomputed.split(), *kind.documents.split()} <= known
    assert set(kind.defaults) <= kind.inputs
    assert kind.naming is None or kind.naming.property in kind.inputs


@EVERY
def test_each_property_has_one_rule(kind: Kind) -> None:
    names = [*kind.fixed.split(), *kind.state_only.split(), *" ".join(kind.changes).split()]
    assert sorted(names) == sorted(set(names))


@EVERY
def test_an_interrupted_creation_can_be_found_again(kind: Kind) -> None:
    adopted_by_waiting = {"aws:acm/certificateValidation:CertificateValidation"}      # makes nothing
    assert kind.id_of or kind.seek or kind.urn_type in adopted_by_waiting


def test_surroundings_belong_to_known_kinds() -> None:
    assert set(AROUND) <= set(KINDS)


def test_lookups_are_functions_of_the_sdk() -> None:
    for token in LOOKUPS:
        _, module, name = token.split(":")
        package = module.split("/")[0]
        owner = importlib.import_module("pulumi_aws" if package == "index" else f"pulumi_aws.{package}")
        assert callable(getattr(owner, re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()))


def test_an_unknown_type_is_refused_in_words() -> None:
    with pytest.raises(Failure) as caught:
        kind_of("aws:fsx/thing:Thing")
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert "aws:fsx/thing:Thing" in caught.value.what
