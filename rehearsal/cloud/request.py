"""What a request means: read from its signature's scope, its target header, its Action, or its method and path.

The body is read here, before anything is locked: a slow sender must not hold up the whole cloud.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from moto.core.request import Request

from rehearsal.cloud import cbor, wire

SLASH = "(?:/|%2F)"     # as it stands in a header, and in a presigned URL
SCOPE = re.compile(rf"Credential=[^/,\s]+?{SLASH}\d{{8}}{SLASH}([\w-]+){SLASH}([\w.-]+){SLASH}aws4_request")
RPC_PATH = re.compile(r"/service/([^/]+)/operation/([^/]+)")
ELBV2 = "2015-12-01"
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Meaning:
    """Which operation of which service; `operation` is None where the path names none."""

    service: str
    region: str
    operation: str | None = None
    protocol: str = ""
    in_path: dict[str, Any] = field(default_factory=dict)
    target: str = ""


def with_body(environ: dict[str, Any]) -> bytes:
    """The whole body, left in the environment for the next reader as well."""
    stream = environ["wsgi.input"]
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked" or environ.get("wsgi.input_terminated"):
        body = bytes(stream.read())
    else:
        body = bytes(stream.read(int(environ.get("CONTENT_LENGTH") or 0)))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    return body


def meaning(environ: dict[str, Any], body: bytes) -> Meaning | None:
    """None for what carries no signature that we can read: moto makes what it can of it."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    found = SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or SCOPE.search(environ.get("QUERY_STRING", ""))
    if not found:
        return Meaning("", DEFAULT_REGION, target=target) if target else None
    region, scope = found.groups()
    if target:
        return Meaning(_service(scope, ""), region, target.rsplit(".", 1)[-1], "json", target=target)
    if environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor" and (named := RPC_PATH.fullmatch(environ["PATH_INFO"])):
        return Meaning(_service(scope, ""), region, named[2], cbor.PROTOCOL, target=f"{named[1]}.{named[2]}")
    if (environ.get("CONTENT_TYPE") or "").startswith("application/x-www-form-urlencoded"):
        form = parse_qs(body.decode(errors="replace"))
        service = _service(scope, form.get("Version", [""])[0])
        return Meaning(service, region, form.get("Action", [None])[0], "ec2" if service == "ec2" else "query")
    return _by_path(_service(scope, ""), region, environ)


def _service(scope: str, version: str) -> str:
    return "elbv2" if scope == "elasticloadbalancing" and version == ELBV2 else wire.BY_SCOPE.get(scope, scope)


def _by_path(service: str, region: str, environ: dict[str, Any]) -> Meaning:
    try:
        found = wire.rest_operation(service, Request(environ.copy()))
    except Exception:       # a service that botocore's models do not know under this name: moto's business
        return Meaning(service, region)
    if not found:
        return Meaning(service, region)
    return Meaning(service, region, found[0], wire.protocol_of(service), found[1])
