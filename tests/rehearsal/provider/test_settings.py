"""The provider's own inputs: those of Pulumi's AWS plugin, on this machine only."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.aws import Aws, require_loopback
from rehearsal.provider.settings import configured, decoded, endpoint_of, problems

SOMEWHERE = "http://127.0.0.1:9"
ENDPOINTS = json.dumps([{"ec2": SOMEWHERE, "s3": SOMEWHERE}])


@pytest.mark.parametrize("endpoint", [SOMEWHERE, "http://localhost:4580", "http://[::1]:4580"])
def test_this_machine_is_allowed(endpoint: str) -> None:
    assert require_loopback(endpoint) == endpoint


@pytest.mark.parametrize("endpoint", [
    "", "https://ec2.ap-northeast-2.amazonaws.com", "http://10.0.0.1:4580", "http://169.254.169.254",
    "http://127.0.0.1.example.com", "http://user@example.com",
])
def test_everywhere_else_is_refused(endpoint: str) -> None:
    with pytest.raises(Failure) as caught:
        Aws(endpoint)
    assert caught.value.exit_code == ExitCode.REFUSED
    assert "coko rehearse up" in caught.value.next


def test_inputs_come_as_json_in_strings() -> None:
    found = decoded({"region": "ap-northeast-2", "endpoints": ENDPOINTS, "maxRetries": "2",
                     "skipRegionValidation": "true",
                     "defaultTags": json.dumps({"tags": {"a": "b"}}), "accessKey": "123"})
    assert found == {"region": "ap-northeast-2", "endpoints": [{"ec2": SOMEWHERE, "s3": SOMEWHERE}], "maxRetries": 2,
                     "skipRegionValidation": True, "defaultTags": {"tags": {"a": "b"}}, "accessKey": "123"}


def test_a_provider_is_configured_from_them() -> None:
    made = configured({"region": "ap-northeast-2", "endpoints": ENDPOINTS,
                       "defaultTags": '{"tags": {"a": "b", "n": 1}}'})
    assert made.aws.endpoint == SOMEWHERE
    assert made.default_tags == {"a": "b", "n": "1"}
    assert configured({"endpoints": ENDPOINTS}, endpoint="http://127.0.0.1:8").aws.endpoint == "http://127.0.0.1:8"


def test_the_environment_names_the_endpoint_where_the_inputs_do_not() -> None:
    assert endpoint_of({}, {"AWS_ENDPOINT_URL": SOMEWHERE}) == SOMEWHERE
    with pytest.raises(Failure):
        endpoint_of({}, {})
    with pytest.raises(Failure):
        endpoint_of({}, {"AWS_ENDPOINT_URL": "https://sts.amazonaws.com"})
    with pytest.raises(Failure, match="differ"):
        endpoint_of({"endpoints": [{"ec2": SOMEWHERE, "s3": "http://127.0.0.1:8"}]}, {})


@pytest.mark.parametrize(("inputs", "property_"), [
    ({"region": "r", "endpoints": "[]"}, "endpoints"), ({"endpoints": ENDPOINTS}, "region"),
    ({"region": "r", "endpoints": ENDPOINTS, "assumeRoles": "[]"}, "assumeRoles"),
    ({"region": "r", "endpoints": ENDPOINTS, "profile": "work"}, "profile"),
])
def test_what_a_rehearsal_cannot_do_is_said(inputs: dict[str, Any], property_: str) -> None:
    assert [p.property for p in problems(inputs)] == [property_]


def test_an_account_that_is_not_allowed_is_refused(endpoint: str) -> None:
    with pytest.raises(Failure) as caught:
        configured({"allowedAccountIds": '["999999999999"]'}, endpoint=endpoint)
    assert caught.value.exit_code == ExitCode.REFUSED


def test_the_users_profile_is_never_read(tmp_path: Path, endpoint: str) -> None:
    """A profile that does not exist, and a file that would send calls elsewhere: neither is looked at."""
    config = tmp_path / "config"
    config.write_text("[default]\nendpoint_url = http://127.0.0.1:1\nregion = us-west-2\n")
    before = {**os.environ}
    os.environ |= {"AWS_PROFILE": "absent", "AWS_CONFIG_FILE": str(config), "HTTP_PROXY": "http://127.0.0.1:1",
                   "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "the-users-own"}
    try:
        aws = Aws(endpoint)
        assert aws.account == "123456789012"
        assert aws.sts.meta.region_name == "ap-northeast-2"
        assert aws.sts._request_signer._credentials.access_key == "rehearsal"
    finally:
        os.environ.clear()
        os.environ |= before
