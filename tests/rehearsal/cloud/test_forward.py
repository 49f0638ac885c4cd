"""CodeDeploy's calls go to its own process and come back as they are."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.serialize import RpcV2CBORSerializer

from rehearsal.cloud import cbor
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


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service(("127.0.0.1", 0), Handler)
    made.asked, made.answers = [], {}
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def test_calls_and_errors_pass_through(service: Service, tmp_path: Path) -> None:
    cloud = Cloud(tmp_path / "state", "--codedeploy", f"http://127.0.0.1:{service.server_address[1]}")
    service.answers = {
        "ListApplications": (200, {"applications": ["coko"]}),
        "GetDeployment": (400, {"__type": "DeploymentDoesNotExistException", "message": "no such deployment"})}
    codedeploy = cloud.aws.codedeploy
    assert codedeploy.list_applications()["applications"] == ["coko"]
    assert code_of(lambda: codedeploy.get_deployment(deploymentId="d-1")) == "DeploymentDoesNotExistException"
    assert service.asked == [("CodeDeploy_20141006.ListApplications", {}),
                             ("CodeDeploy_20141006.GetDeployment", {"deploymentId": "d-1"})]
    service.shutdown()
    service.server_close()
    assert code_of(lambda: codedeploy.list_applications()) == "ServiceUnavailable"      # at once, and not for ever
    assert cloud.aws.sts.get_caller_identity()["Account"]
    cloud.stop()


def test_codedeploy_in_cbor_reaches_it_as_json(service: Service, tmp_path: Path) -> None:
    cloud = Cloud(tmp_path / "state", "--codedeploy", f"http://127.0.0.1:{service.server_address[1]}")
    service.answers = {"GetDeployment": (400, {"__type": "DeploymentDoesNotExistException", "message": "none"})}
    made = RpcV2CBORSerializer().serialize_to_request(
        {"deploymentId": "d-1"}, operation_model("codedeploy", "GetDeployment"))
    request = urllib.request.Request(f"{cloud.endpoint}{made['url_path']}", bytes(made["body"]), {
        "smithy-protocol": "rpc-v2-cbor", "Authorization": AUTHORIZATION.format(region=REGION, service="codedeploy")})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 400
    assert cbor.decode(refused.value.read())["__type"] == "DeploymentDoesNotExistException"
    assert service.asked == [("CodeDeploy_20141006.GetDeployment", {"deploymentId": "d-1"})]
    cloud.stop()
