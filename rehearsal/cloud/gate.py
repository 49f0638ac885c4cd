"""The one door: every request comes through here and is answered by our module, by CodeDeploy's process, or by moto."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

from moto.core.request import Request

from rehearsal.cloud import cbor, wire
from rehearsal.cloud.answers import Call, Reply, is_read
from rehearsal.cloud.errors import AwsError, broken, not_implemented
from rehearsal.cloud.request import DEFAULT_REGION, Meaning, meaning, with_body
from rehearsal.cloud.services import answers_of
from rehearsal.cloud.upstream import Moto
from rehearsal.cloud.wire import Response
from rehearsal.cloud.world import World

ACCOUNT = "123456789012"
HEALTH = "/_rehearsal/health"
CODEDEPLOY = ("CodeDeploy_20141006", "CodeDeployCommandService_v20141006")


class Elsewhere(Protocol):
    """Another process that answers whole requests."""

    def __call__(self, environ: Mapping[str, Any], body: bytes) -> Response: ...


class Gate:
    def __init__(self, world: World, moto: Moto, *, health: Callable[[], Mapping[str, Any]],
                 codedeploy: Elsewhere | None = None) -> None:
        self.world = world
        self.moto = moto
        self.health = health
        self.codedeploy = codedeploy
        world.answered_by(self.call)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = self.respond(environ)
        phrase = HTTPStatus(response.status).phrase
        headers = {**response.headers, "Content-Length": str(len(response.body))}
        if environ["REQUEST_METHOD"] == "HEAD":
            headers["Content-Length"] = response.headers.get("Content-Length", "0")
        start_response(f"{response.status} {phrase}", list(headers.items()))
        return [response.body]

    def respond(self, environ: dict[str, Any]) -> Response:
        path = environ.get("PATH_INFO", "")
        if not is_for_us(environ):
            return plain(403, {"error": "the rehearsal's cloud answers programs on this machine, not web pages"})
        if path == HEALTH:
            return plain(200, self.health())
        if path.startswith("/moto-api"):
            return plain(404, {"error": "this cloud is forgotten with: coko rehearse down"})
        body = with_body(environ)
        asked = meaning(environ, body) or Meaning("", DEFAULT_REGION)
        if asked.protocol == cbor.PROTOCOL:
            return self._spoken_in_cbor(asked, body)
        if self.codedeploy and asked.target.split(".")[0] in CODEDEPLOY:
            return self.codedeploy(environ, body)
        with self.world.lock:
            return self.answer(asked, environ)

    def _spoken_in_cbor(self, asked: Meaning, body: bytes) -> Response:
        operation = asked.operation or ""
        try:
            params, service = cbor.decode(body), asked.service
            if self.codedeploy and asked.target.split(".")[0] in CODEDEPLOY:
                sent = wire.outgoing(service, operation, params, asked.region)
                result: Reply = wire.incoming(service, operation, self.codedeploy(sent.environ, sent.data))
            else:
                result = self._called(service, operation, params, asked.region)
        except AwsError as error:
            return cbor.encode(asked.service, operation, error)
        return cbor.encode(service, operation, result)

    def _called(self, service: str, operation: str, params: dict[str, Any], region: str) -> Reply:
        with self.world.lock:
            result = self.call(service, operation, params, region)
            if not is_read(operation):
                self.world.changed()
            return result

    def answer(self, asked: Meaning, environ: dict[str, Any]) -> Response:
        operation = asked.operation or f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')}"
        try:
            response = self._ours(asked, environ) or self.moto(environ, asked.service, operation)
        except AwsError as error:
            return self._error(asked, operation, error)
        if not is_read(operation) and not operation.startswith(("GET", "HEAD")):
            self.world.changed()
        return response

    def _ours(self, asked: Meaning, environ: dict[str, Any]) -> Response | None:
        answers = answers_of(asked.service)
        if answers is None or asked.operation is None:
            return None
        answer = answers.by_operation.get(asked.operation)
        if answer is None and not answers.alone:
            return None
        params = wire.decode(asked.service, asked.operation, asked.protocol, Request(environ), asked.in_path)
        result = self._answered(asked.service, asked.operation, params, asked.region)
        return wire.encode(asked.service, asked.operation, asked.protocol, result)

    def _error(self, asked: Meaning, operation: str, error: AwsError) -> Response:
        if not asked.service:
            return plain(error.status, {"__type": error.code, "message": error.message})
        try:
            protocol = asked.protocol or wire.protocol_of(asked.service)
        except Exception:       # botocore knows no such service: then no SDK sent this
            return plain(error.status, {"__type": error.code, "message": error.message})
        return wire.encode(asked.service, asked.operation or operation, protocol, error)

    def call(self, service: str, operation: str, params: Mapping[str, Any], region: str) -> Reply:
        """A call from inside."""
        with self.world.lock:
            return self._answered(service, operation, dict(params), region)

    def _answered(self, service: str, operation: str, params: dict[str, Any], region: str) -> Reply:
        answers = answers_of(service)
        answer = answers.by_operation.get(operation) if answers else None
        if answers and not answer and answers.alone:
            raise not_implemented(service, operation)
        passing = self._passing(service, operation, region)
        if answer is None:
            return passing(params)
        try:
            return answer(Call(self.world, service, operation, region, ACCOUNT, params, passing))
        except (AwsError, AssertionError):
            raise
        except Exception as error:
            self.moto.report(service, operation)
            raise broken(service, operation, error) from error

    def _passing(self, service: str, operation: str, region: str) -> Callable[[dict[str, Any]], Reply]:
        def passing(params: dict[str, Any]) -> Reply:
            request = wire.outgoing(service, operation, params, region)
            return wire.incoming(service, operation, self.moto(request.environ, service, operation))
        return passing


def is_for_us(environ: Mapping[str, Any]) -> bool:
    """Not for a page in a browser, even one whose name was made to mean this machine."""
    host = environ.get("HTTP_HOST", "127.0.0.1").rsplit(":", 1)[0].strip("[]")
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost" or host.endswith(".localhost")
    return local and "HTTP_ORIGIN" not in environ


def plain(status: int, value: Mapping[str, Any]) -> Response:
    return Response(status, {"Content-Type": "application/json"}, json.dumps(value).encode())
