"""One cloud for all provider tests of a worker: the API and CodeDeploy, in processes of their own, as users run it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.provider.aws import Aws
from rehearsal.provider.provider import Provider
from tests.rehearsal.provider import Trial

ROOT = Path(__file__).resolve().parents[3]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def started(log: Path, *words: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, stdout=out, stderr=out, env={**os.environ})


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place, port, other = tmp_path_factory.mktemp("cloud"), free_port(), free_port()
    url, deployments = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}"
    processes = [
        started(place / "cloud.log", "rehearsal.cloud", "--port", str(port), "--state", str(place / "cloud"),
                "--codedeploy", deployments),
        started(place / "codedeploy.log", "rehearsal.codedeploy", "--port", str(other), "--state",
                str(place / "codedeploy.sqlite"), "--cloud", url),
    ]
    for address in (f"{url}/_rehearsal/health", deployments):
        await_answer(address)
    yield url
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(10)


def await_answer(address: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)


@pytest.fixture(scope="session")
def aws(endpoint: str) -> Aws:
    return Aws(endpoint)


@pytest.fixture
def provider(aws: Aws) -> Provider:
    return Provider(aws, {"team": "trial"}, patience=2)


@pytest.fixture
def trial(tmp_path: Path, endpoint: str) -> Trial:
    return Trial(tmp_path, endpoint)
