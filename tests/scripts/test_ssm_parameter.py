"""The reader of configuration, against an AWS that checks signatures with botocore, and against moto."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.scripts import SCRIPTS
from tests.scripts.aws import SECRET, TOKEN, Aws

NAME = "/coko/prod/web/port"


def read(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", PROGRAM, str(SCRIPTS / "ssm_parameter.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60,
                          env={"PATH": os.environ["PATH"], **environment})


# The same program with a sleep that does not sleep.
PROGRAM = """
import os, runpy, sys
program = runpy.run_path(sys.argv[1])
sys.exit(program["main"](sys.argv[2:], program["Host"](os.environ, sleep=lambda seconds: None)))
"""


def test_the_instances_role_is_used(aws: Aws) -> None:
    aws.parameters[NAME] = "80"
    done = read("prod", "web/port", **aws.environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "80\n", "")


def test_credentials_of_the_environment_come_first(aws: Aws) -> None:
    aws.parameters[NAME] = "80"
    aws.metadata = {}
    done = read("prod", "web/port", AWS_ENDPOINT_URL=aws.url, AWS_REGION="eu-west-1", AWS_ACCESS_KEY_ID="ASIAEXAMPLE",
                AWS_SECRET_ACCESS_KEY=SECRET, AWS_SESSION_TOKEN=TOKEN)
    assert done.stdout == "80\n", done.stderr


def test_metadata_never_goes_through_a_proxy(aws: Aws) -> None:
    aws.parameters[NAME] = "80"
    done = read("prod", "web/port", **aws.environment, http_proxy="http://127.0.0.1:1", no_proxy="")
    assert "127.0.0.1" in done.stderr      # the call of AWS did go there, and only that
    assert "credentials" not in done.stderr


def test_throttling_passes(aws: Aws) -> None:
    aws.parameters[NAME] = "80"
    aws.faults = [(400, b'{"__type": "ThrottlingException", "message": "slow"}'), (500, b"oops"), (503, b"")]
    assert read("prod", "web/port", **aws.environment).stdout == "80\n"


def test_four_attempts_and_no_more(aws: Aws) -> None:
    aws.faults = [(500, b"oops")] * 9
    done = read("prod", "web/port", **aws.environment)
    assert done.returncode == 70
    assert "HTTP 500" in done.stderr
    assert len(aws.asked) == 4


@pytest.mark.parametrize(("code", "hint"), [
    ("ParameterNotFound", "check the name"), ("AccessDeniedException", "must allow ssm:GetParameter"),
    ("ExpiredTokenException", "clock"), ("SomethingElse", "way to AWS"),
])
def test_a_refusal_is_final_and_says_what_to_do(aws: Aws, code: str, hint: str) -> None:
    refusal = {"__type": f"com.amazonaws.ssm#{code}", "message": f"not so\nx-amz-security-token:{TOKEN}"}
    aws.faults = [(400, json.dumps(refusal).encode())]
    done = read("prod", "web/port", **aws.environment)
    assert (done.returncode, done.stdout, len(aws.asked)) == (70, "", 1)
    assert f"why:  {code}: not so\n" in done.stderr
    assert hint in done.stderr
    assert TOKEN not in done.stderr


def test_a_wrong_key_is_told_without_secrets(aws: Aws) -> None:
    done = read("prod", "web/port", AWS_ENDPOINT_URL=aws.url, AWS_REGION="eu-west-1", AWS_ACCESS_KEY_ID="ASIAEXAMPLE",
                AWS_SECRET_ACCESS_KEY="wrong", AWS_SESSION_TOKEN=TOKEN)
    assert "InvalidSignatureException" in done.stderr
    assert "wrong" not in done.stderr
    assert TOKEN not in done.stderr


def test_no_role(aws: Aws) -> None:
    aws.metadata = {"meta-data/placement/region": "ap-northeast-2"}
    done = read("prod", "web/port", **aws.environment)
    assert done.returncode == 70
    assert "HTTP 404" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_role_that_is_not_ready(aws: Aws) -> None:
    aws.metadata["meta-data/iam/security-credentials/coko-web"] = '{"Code": "AssumeRoleUnauthorizedAccess"}'
    done = read("prod", "web/port", **aws.environment)
    assert "gives no credentials" in done.stderr
    assert "Traceback" not in done.stderr


def test_nobody_there() -> None:
    nowhere = "http://127.0.0.1:1"
    done = read("prod", "x", AWS_ENDPOINT_URL=nowhere, AWS_EC2_METADATA_SERVICE_ENDPOINT=nowhere)
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_moto_answers_the_same(moto: str) -> None:
    client = boto3.client("ssm", endpoint_url=moto, aws_access_key_id="test", aws_secret_access_key="test",
                          region_name="ap-northeast-2")
    for number in range(23):
        client.put_parameter(Name=f"/coko/prod/many/n{number:02}", Value=str(number), Type="String")
    client.put_parameter(Name="/coko/prod/secret", Value="hidden", Type="SecureString")
    here = {"AWS_ENDPOINT_URL": moto, "AWS_REGION": "ap-northeast-2", "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test"}
    assert read("prod", "secret", **here).stdout == "hidden\n"
    assert len(read("prod", **here).stdout.splitlines()) == 24
    assert "ParameterNotFound" in read("prod", "nothing", **here).stderr
