"""The services' protocols, both ways: a request into parameters, a result or an error into a response.

moto's parsers and serializers read botocore's own service models, so one pair serves Query, EC2, JSON and REST alike.
"""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import botocore.parsers
import botocore.serialize
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from rehearsal.cloud.errors import AwsError

warnings.filterwarnings("ignore", message=r"Exception\(.*does not match an error shape")   # moto's own lint, not ours
PREFERRED = ("ec2", "query", "json", "rest-json", "rest-xml")
BY_SCOPE = {"elasticloadbalancing": "elb", "monitoring": "cloudwatch", "email": "ses", "states": "stepfunctions"}
# Only signed for a moment on this machine; moto reads the scope and checks nothing.
AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=rehearsal/20260101/{region}/{service}/aws4_request, "
                 "SignedHeaders=host, Signature=0")


class Sent(ServiceException):
    """An error on its way out. moto looks its own errors up by the module that they are from; this one is from here."""


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes


def model(service: str) -> ServiceModel:
    return get_service_model(service)


def operation_model(service: str, operation: str) -> OperationModel:
    models = model(service)
    return models.operation_model(operation) if operation in models.operation_names else OperationModel({}, models)


def protocol_of(service: str) -> str:
    """The one that is spoken inside: the first that moto and botocore share."""
    offered = model(service).metadata.get("protocols") or [model(service).protocol]
    return next(p for p in PREFERRED if p in offered)


def rest_operation(service: str, request: Request) -> tuple[str, dict[str, Any]] | None:
    """The operation that a method and a path mean, with what stands in the path."""
    try:
        operation, in_path = get_service_router(service).match(request)
    except (NotFound, NotImplementedError):
        return None
    return str(operation.name), dict(in_path)


def decode(service: str, operation: str, protocol: str, request: Request, in_path: dict[str, Any]) -> dict[str, Any]:
    parser = PROTOCOL_PARSERS[protocol](operation_model(service, operation))
    return dict(parser.parse({
        "method": request.method, "values": request.values, "headers": request.headers, "body": request.data,
        "url_path": request.path, "url_params": in_path,
    }))


def encode(service: str, operation: str, protocol: str, result: Mapping[str, Any] | AwsError) -> Response:
    number = str(uuid.uuid4())
    serializer = get_serializer_class(service, protocol)(
        operation_model(service, operation), context=SerializationContext(number))
    if isinstance(result, AwsError):
        made = serializer.serialize(Sent(result.code, result.message))
        status = result.status if result.status != 400 else made["status_code"]
    else:
        made = serializer.serialize(result)
        status = made["status_code"]
    body = made["body"]
    headers = {**made["headers"], "x-amzn-RequestId": number}
    return Response(status, headers, body.encode() if isinstance(body, str) else body)


def outgoing(service: str, operation: str, params: Mapping[str, Any], region: str) -> Request:
    """A request as an SDK would send it to moto."""
    protocol = protocol_of(service)
    made = botocore.serialize.create_serializer(protocol, include_validation=False).serialize_to_request(
        dict(params), operation_model(service, operation))
    body = made["body"]
    query = made["query_string"]
    path = made["url_path"] + ("?" + urlencode(query) if isinstance(query, dict) and query else "")
    scope = AUTHORIZATION.format(region=region, service=model(service).signing_name)
    return Request.from_primitives(
        made["method"], f"http://127.0.0.1{path}", {**made["headers"], "Authorization": scope},
        urlencode(body, doseq=True) if isinstance(body, dict) else body)


def incoming(service: str, operation: str, response: Response) -> dict[str, Any]:
    """moto's response, as boto3 would show it; its errors are raised."""
    shape: Any = operation_model(service, operation).output_shape
    parsed = botocore.parsers.create_parser(protocol_of(service)).parse(
        {"status_code": response.status, "headers": dict(response.headers), "body": response.body}, shape)
    if response.status >= 300:
        error = parsed.get("Error", {})
        raise AwsError(error.get("Code") or "InternalFailure", error.get("Message") or "", response.status)
    parsed.pop("ResponseMetadata", None)
    return dict(parsed)
