"""Property values: plain Python data, and the marks of Pulumi's wire format that JSON has no word for.

A value that is not known before an update (`UNKNOWN`) may stand anywhere. That a value is secret is kept by
top-level property: that is how finely the rehearsal encrypts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

Props = dict[str, Any]

UNKNOWN_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWNS = frozenset([      # Pulumi's engine has one for each type of property
    UNKNOWN_WIRE, "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a", "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
])
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"     # noqa: S105 a public mark
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


class Unknown:
    """What an update will tell. One instance, `UNKNOWN`; it equals nothing else."""

    def __repr__(self) -> str:
        return "(known after the update)"

    def __deepcopy__(self, memo: object) -> Unknown:
        return self


UNKNOWN = Unknown()


def has_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(has_unknown, value.values()))
    if isinstance(value, list):
        return any(map(has_unknown, value))
    return isinstance(value, Unknown)


def from_struct(struct: struct_pb2.Struct) -> tuple[Props, frozenset[str]]:
    """The properties in a message, and the names of those that hold something secret."""
    props, secrets = {}, set()
    for name, value in struct.fields.items():
        props[name], secret = _from_value(value)
        if secret:
            secrets.add(name)
    return props, frozenset(secrets)


def _from_value(value: struct_pb2.Value) -> tuple[Any, bool]:
    match value.WhichOneof("kind"):
        case "struct_value":
            return _from_fields(value.struct_value.fields)
        case "list_value":
            found = [_from_value(item) for item in value.list_value.values]
            return [item for item, _ in found], any(secret for _, secret in found)
        case "string_value":
            return (UNKNOWN if value.string_value in UNKNOWNS else value.string_value), False
        case "number_value":
            number = value.number_value
            return (int(number) if number.is_integer() else number), False
        case "bool_value":
            return value.bool_value, False
    return None, False


def _from_fields(fields: Mapping[str, struct_pb2.Value]) -> tuple[Any, bool]:
    mark = fields[SIGNATURE].string_value if SIGNATURE in fields else ""
    if mark == SECRET:
        return _from_value(fields["value"])[0], True
    if mark == OUTPUT:
        inner, secret = _from_value(fields["value"]) if "value" in fields else (UNKNOWN, False)
        return inner, secret or ("secret" in fields and fields["secret"].bool_value)
    found = {name: _from_value(item) for name, item in fields.items()}
    return {name: item for name, (item, _) in found.items()}, any(secret for _, secret in found.values())


def to_struct(props: Props, secrets: frozenset[str] = frozenset()) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    for name, value in props.items():
        _put(struct.fields[name], {SIGNATURE: SECRET, "value": value} if name in secrets else value)
    return struct


def _put(target: struct_pb2.Value, value: Any) -> None:
    match value:
        case None:
            target.null_value = struct_pb2.NULL_VALUE
        case bool():
            target.bool_value = value
        case int() | float():
            target.number_value = value
        case str():
            target.string_value = value
        case Unknown():
            target.string_value = UNKNOWN_WIRE
        case Mapping():
            target.struct_value.SetInParent()
            for name, item in value.items():
                _put(target.struct_value.fields[name], item)
        case list() | tuple():
            target.list_value.SetInParent()
            for item in value:
                _put(target.list_value.values.add(), item)
        case _:
            raise TypeError(f"not a property value: {value!r}")


def same_document(one: Any, other: Any) -> bool:
    """JSON documents are equal when their meaning is: the service may re-indent or re-order what it was given."""
    return bool(_loaded(one) == _loaded(other))


def _loaded(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
