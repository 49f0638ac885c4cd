"""CodeDeploy's calls go to its own process and come back as they are."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.serialize import RpcV2CBORSerializer

from rehearsal.cloud import cbor
from rehearsal.cloud.forward import CodeDeploy
from rehearsal.cloud.wire import AUTHORIZATION, operation_model
from tests.rehearsal.cloud import REGION, Cloud, code_of


class Service(ThreadingHTTPServer):
    """Stands where CodeDeploy's process would: remembers what it was asked, answers as told."""

    answers: dict[str, tuple[int, dict[str, Any]]]
    asked: list[tuple[str, dict[str, Any]]]


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        action = self.headers["X-Amz-Target"].rsplit(".", 1)[-1]
        self.server.asked.append((self.headers["X-Amz-Target"], body))
        status, answer = self.server.answers[action]
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *words: Any) -> None:  # noqa: A002  (the base class's name for it)
        """Nothing: a test's output is for failures."""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Cloud]]:
    made = Service(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    cloud = Cloud(tmp_path_factory.mktemp("forward"), "--codedeploy", f"http://127.0.0.1:{made.server_address[1]}")
    yield made, cloud
    cloud.stop()
    made.shutdown()
    made.server_close()


@pytest.fixture
def service(both: tuple[Service, Cloud]) -> Service:
    both[0].asked, both[0].answers = [], {}
    return both[0]


@pytest.fixture
def forwarding(both: tuple[Service, Cloud]) -> Cloud:
    return both[1]


def test_calls_and_errors_pass_through(service: Service, forwarding: Cloud) -> None:
    service.answers = {
        "ListApplications": (200, {"applications": ["coko"]}),
        "GetDeployment": (400, {"__type": "DeploymentDoesNotExistException", "message": "no such deployment"})}
    codedeploy = forwarding.aws.codedeploy
    assert codedeploy.list_applications()["applications"] == ["coko"]
    assert code_of(lambda: codedeploy.get_deployment(deploymentId="d-1")) == "DeploymentDoesNotExistException"
    assert service.asked == [("CodeDeploy_20141006.ListApplications", {}),
                             ("CodeDeploy_20141006.GetDeployment", {"deploymentId": "d-1"})]


def test_codedeploy_in_cbor_reaches_it_as_json(service: Service, forwarding: Cloud) -> None:
    service.answers = {"GetDeployment": (400, {"__type": "DeploymentDoesNotExistException", "message": "none"})}
    made = RpcV2CBORSerializer().serialize_to_request(
        {"deploymentId": "d-1"}, operation_model("codedeploy", "GetDeployment"))
    request = urllib.request.Request(f"{forwarding.endpoint}{made['url_path']}", bytes(made["body"]), {
        "smithy-protocol": "rpc-v2-cbor", "Authorization": AUTHORIZATION.format(region=REGION, service="codedeploy")})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 400
    assert cbor.decode(refused.value.read())["__type"] == "DeploymentDoesNotExistException"
    assert service.asked == [("CodeDeploy_20141006.GetDeployment", {"deploymentId": "d-1"})]


def test_a_service_that_is_away_is_said_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = CodeDeploy(f"http://127.0.0.1:{unused.getsockname()[1]}")
    answer = away({"REQUEST_METHOD": "POST", "PATH_INFO": "/"}, b"{}")
    assert answer.status == 501      # not 503: SDKs would try that again and again
    assert json.loads(answer.body)["__type"] == "ServiceUnavailable"
    assert b"next: coko rehearse up" in answer.body
