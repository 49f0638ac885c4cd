"""Property values survive the wire, with their marks."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2

from rehearsal.provider.values import (
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_WIRE,
    UNKNOWNS,
    from_struct,
    has_unknown,
    same_document,
    to_struct,
)


def struct(value: dict[str, Any]) -> struct_pb2.Struct:
    found = struct_pb2.Struct()
    found.update(value)
    return found


@pytest.mark.parametrize("value", [
    {"a": "text", "b": 3, "c": 2.5, "d": True, "e": None, "f": [], "g": {}, "h": [{"i": [1, "2", False]}], "j": ""},
    {}, {"only": {"nested": {"deeply": ["x", {"y": 0}]}}},
])
def test_what_goes_out_comes_back(value: dict[str, Any]) -> None:
    assert from_struct(to_struct(value)) == (value, frozenset())


def test_whole_numbers_are_whole_again() -> None:
    found, _ = from_struct(struct({"port": 443.0, "share": 0.5}))
    assert found == {"port": 443, "share": 0.5}
    assert isinstance(found["port"], int)


def test_secrets_are_known_by_their_property_and_come_out_plain() -> None:
    wire = struct({"password": {SIGNATURE: SECRET, "value": "hunter2"}, "open": "x",
                   "deep": {"inner": [{SIGNATURE: SECRET, "value": 7}]}})
    found, secrets = from_struct(wire)
    assert found == {"password": "hunter2", "open": "x", "deep": {"inner": [7]}}
    assert secrets == {"password", "deep"}
    again, still = from_struct(to_struct(found, secrets))
    assert (again, still) == (found, secrets)


@pytest.mark.parametrize("mark", sorted(UNKNOWNS))
def test_every_kind_of_unknown_is_unknown(mark: str) -> None:
    found, _ = from_struct(struct({"id": mark, "list": [mark]}))
    assert found["id"] is UNKNOWN
    assert has_unknown(found["list"])
    assert to_struct({"id": UNKNOWN}).fields["id"].string_value == UNKNOWN_WIRE


def test_documents_are_compared_by_meaning() -> None:
    assert same_document('{"a": [1, 2], "b": null}', '{"b":null,\n "a":[1,2]}')
    assert not same_document('{"a": [1, 2]}', '{"a": [2, 1]}')
    assert same_document("no json", "no json")
    assert not same_document("no json", '"json"')
