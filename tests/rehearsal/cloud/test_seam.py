"""Who answers what: ours, moto's, nobody's; and who is not answered at all."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.cloud.answers import Answers, is_read
from tests.rehearsal.cloud import ACCOUNT, REGION, Clients, Cloud, code_of


def test_what_we_do_not_answer_is_motos(aws: Clients) -> None:
    key = aws.kms.create_key(Description="a key")["KeyMetadata"]["KeyId"]
    assert aws.kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "a key"


@pytest.mark.parametrize(("service", "operation", "words"), [
    ("rds", "describe_db_recommendations", {}),                                     # Query
    ("ec2", "describe_spot_datafeed_subscription", {}),                             # EC2's own Query
    ("wafv2", "list_available_managed_rule_groups", {"Scope": "REGIONAL"}),         # JSON
    ("s3", "get_bucket_analytics_configuration", {"Bucket": "none-such", "Id": "x"}),       # REST with XML
    ("autoscaling", "describe_account_limits", {}),                                 # ours alone
])
def test_what_nobody_answers_is_a_proper_error_at_once(aws: Clients, service: str, operation: str,
                                                       words: dict[str, str]) -> None:
    assert code_of(lambda: getattr(getattr(aws, service), operation)(**words)) in ("NotImplemented", "NoSuchBucket")


def test_an_sdk_does_not_try_it_again(cloud: Cloud) -> None:
    session = boto3.Session(aws_access_key_id="rehearsal", aws_secret_access_key="rehearsal", region_name=REGION)
    eager = Config(retries={"max_attempts": 5, "mode": "standard"})
    rds = session.client("rds", endpoint_url=cloud.endpoint, config=eager)
    with pytest.raises(ClientError) as refused:
        rds.describe_db_recommendations()
    about = refused.value.response["ResponseMetadata"]
    assert (about["RetryAttempts"], about["HTTPStatusCode"]) == (0, 501)


def test_the_caller_is_the_rehearsals_own(aws: Clients) -> None:
    identity = aws.sts.get_caller_identity()
    assert identity["Account"] == ACCOUNT
    assert identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/rehearsal"


def request(url: str, **headers: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return int(answer.status), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_health_names_the_process_and_its_memory(cloud: Cloud) -> None:
    status, body = request(f"{cloud.endpoint}/_rehearsal/health")
    health = json.loads(body)
    assert status == 200
    assert health["pid"] == cloud.process.pid
    assert health["memory"]["because"] == "it is new"


def test_web_pages_are_not_answered(cloud: Cloud) -> None:
    assert request(f"{cloud.endpoint}/", Origin="https://example.org")[0] == 403
    assert request(f"{cloud.endpoint}/_rehearsal/health", Host="rebound.example.org")[0] == 403
    assert request(f"{cloud.endpoint}/_rehearsal/health", Host="localhost:1")[0] == 200


def test_motos_own_controls_are_out_of_reach(cloud: Cloud) -> None:
    request_reset = urllib.request.Request(f"{cloud.endpoint}/moto-api/reset", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request_reset)
    assert refused.value.code == 404


def test_it_listens_on_loopback_alone(cloud: Cloud) -> None:
    port = int(cloud.endpoint.rsplit(":", 1)[1])
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == "0A"]
    assert [address for address in listening if address.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_a_slow_sender_holds_up_nobody(cloud: Cloud, aws: Clients) -> None:
    port = int(cloud.endpoint.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(b"PUT /a-bucket/key HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nfirst")
        time.sleep(0.1)
        assert aws.sts.get_caller_identity()["Account"] == ACCOUNT


def test_an_operation_has_one_answer() -> None:
    answers = Answers("ec2")
    answers("DeleteSubnet")(lambda call: {})
    with pytest.raises(AssertionError, match="two answers"):
        answers("DeleteSubnet")(lambda call: {})


@pytest.mark.parametrize(("operation", "reads"), [("DescribeVpcs", True), ("GetParameter", True), ("CreateVpc", False)])
def test_reads_change_nothing(operation: str, *, reads: bool) -> None:
    assert is_read(operation) is reads
