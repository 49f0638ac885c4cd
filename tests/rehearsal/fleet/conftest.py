"""One image and one VPC for each test process; what a test boots is killed with that VPC at the latest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from rehearsal.fleet.ami import Image, bake
from rehearsal.fleet.served import Quiet
from tests.rehearsal.fleet.lab import Lab


class Cloud(ThreadingHTTPServer):
    """Stands for the cloud: remembers who asked for what."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, str]] = []      # method, target, forwarded for, authorization
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(Quiet):
    server: Cloud

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        header = self.headers.get
        target = header("X-Amz-Target") or self.path
        self.server.asked.append((body.decode(), target, header("X-Forwarded-For", ""), header("Authorization", "")))
        self.say(200, b"{}", "application/json", X_Asked=header("Host", ""))

    do_GET = do_PUT = do_POST  # noqa: N815


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Image:
    return bake(tmp_path_factory.getbasetemp().parent / "images", repository)


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    served = Cloud()
    yield served
    served.shutdown()
    served.server_close()


@pytest.fixture(scope="session")
def lab(image: Image, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(image, tmp_path_factory.mktemp("fleet"), cloud.url)
    yield made
    made.down()
