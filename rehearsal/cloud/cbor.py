"""AWS's newest protocol (RPC v2 over CBOR), which some SDKs speak to CloudWatch and CodeDeploy and moto does not.

A call comes in here and goes on inside as any other does; botocore has both the reader and the writer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer

from rehearsal.cloud.errors import AwsError
from rehearsal.cloud.wire import Response, operation_model

PROTOCOL = "smithy-rpc-v2-cbor"
HEADERS = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}


def decode(body: bytes) -> dict[str, Any]:
    parser = RpcV2CBORParser()
    try:
        found = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body)) if body else {}
    except Exception as error:      # botocore's parser has no one kind of error for what is not CBOR
        raise AwsError("SerializationException", f"the body is not CBOR: {error}") from error
    return dict(found)


def encode(service: str, operation: str, result: Mapping[str, Any] | AwsError) -> Response:
    writer: Any = RpcV2CBORSerializer()
    written = bytearray()
    if isinstance(result, AwsError):
        _error(writer, written, result)
        return Response(result.status, HEADERS, bytes(written))
    shape = operation_model(service, operation).output_shape
    if shape is not None:
        writer._serialize_data_item(written, dict(result), shape)
    return Response(200, HEADERS, bytes(written))


def _error(writer: Any, written: bytearray, error: AwsError) -> None:
    written.extend(writer._get_initial_byte(writer.MAP_MAJOR_TYPE, 2))
    for word in ("__type", error.code, "message", error.message):
        writer._serialize_type_string(written, word, None, None)
