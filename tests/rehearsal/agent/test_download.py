"""S3 revisions over HTTP: the version and the etag are the ones asked for, and a refusal says what and where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rehearsal.agent.download import PAUSES, S3
from rehearsal.agent.errors import AgentError
from rehearsal.agent.signing import Credentials, credentials, sign
from rehearsal.agent.spec import S3Revision
from tests.rehearsal.agent.fake_service import FakeService, serving

REVISION = S3Revision("releases", "web/a b+c.zip", "zip", None, None)
PATH = "/releases/web/a%20b%2Bc.zip"


@pytest.fixture
def cloud() -> Iterator[FakeService]:
    with serving() as service:
        yield service


def download(cloud: FakeService, file: Path, version: str | None = None, etag: str | None = None) -> str:
    revision = S3Revision(REVISION.bucket, REVISION.key, "zip", version, etag)
    try:
        S3(cloud.endpoint).download(revision, file)
    except AgentError as error:
        return str(error)
    return file.read_text()


def test_the_object_is_brought(cloud: FakeService, tmp_path: Path) -> None:
    cloud.objects[PATH] = (200, b"content", {"ETag": '"e1"'})
    assert download(cloud, tmp_path / "b") == "content"
    assert "Authorization" not in cloud.told("GET")[0]


def test_a_version_is_asked_for(cloud: FakeService, tmp_path: Path) -> None:
    cloud.objects[f"{PATH}?versionId=v%2F1"] = (200, b"old", {"ETag": '"e1"'})
    assert download(cloud, tmp_path / "b", version="v/1") == "old"


@pytest.mark.parametrize("etag", ["e1", '"e1"'])
def test_the_right_etag_with_or_without_quotes(cloud: FakeService, tmp_path: Path, etag: str) -> None:
    cloud.objects[PATH] = (200, b"content", {"ETag": '"e1"'})
    assert download(cloud, tmp_path / "b", etag=etag) == "content"


def test_another_etag_is_refused_with_the_official_text(cloud: FakeService, tmp_path: Path) -> None:
    cloud.objects[PATH] = (200, b"content", {"ETag": '"e2"'})
    said = 'Expected deployment artifact bundle etag e1 but was actually "e2"'
    assert download(cloud, tmp_path / "b", etag="e1") == said


def test_a_missing_object_is_named(cloud: FakeService, tmp_path: Path) -> None:
    said = download(cloud, tmp_path / "b", version="v9")
    assert said.startswith("s3://releases/web/a b+c.zip (version v9) cannot be downloaded: S3 answered 404 NoSuchKey")


def test_no_answer_is_tried_again_and_then_said(tmp_path: Path) -> None:
    slept: list[float] = []
    with serving() as gone:
        endpoint = gone.endpoint
    with pytest.raises(AgentError, match=r"cannot be downloaded from http.*Connection refused.*deploy again"):
        S3(endpoint, sleep=slept.append).download(REVISION, tmp_path / "b")
    assert slept == list(PAUSES)


def test_no_endpoint_is_said(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="was given no S3 endpoint"):
        S3(None).download(REVISION, tmp_path / "b")


def test_requests_are_signed_when_there_are_credentials(cloud: FakeService, tmp_path: Path) -> None:
    cloud.objects[PATH] = (200, b"content", {})
    who = credentials({"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"})
    S3(cloud.endpoint, who).download(REVISION, tmp_path / "b")
    sent = cloud.told("GET")[0]
    assert sent["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert sent["X-Amz-Security-Token"] == "t"


def test_the_signature_is_the_one_botocore_makes() -> None:
    """Signed by both at the same moment; the door to boto3 is open in tests only."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as BotoCredentials

    url = "http://127.0.0.1:5000/releases/web/a%20b.zip?versionId=v%2F1"
    request = AWSRequest("GET", url, headers={"X-Amz-Content-SHA256": "UNSIGNED"})
    auth = S3SigV4Auth(BotoCredentials("AKID", "secret", "token"), "s3", "ap-northeast-2")
    auth.add_auth(request)
    now = datetime.strptime(request.context["timestamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = sign(Credentials("AKID", "secret", "token", "ap-northeast-2"), "s3", "GET", url, {}, b"", now)
    assert ours["Authorization"] == request.headers["Authorization"]


def test_half_of_credentials_is_none() -> None:
    assert credentials({"AWS_ACCESS_KEY_ID": "AKID"}) is None
    found = credentials({"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "x"})
    assert found == Credentials("A", "s", None, "x")
