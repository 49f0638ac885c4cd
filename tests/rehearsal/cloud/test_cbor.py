"""RPC v2 over CBOR: what the newest SDKs speak to CloudWatch, answered as every other protocol is."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.cloud import cbor
from rehearsal.cloud.wire import AUTHORIZATION, operation_model
from tests.rehearsal.cloud import REGION, Clients, Cloud


def send(cloud: Cloud, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """As an SDK does; what it would make of the answer."""
    headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor", "Accept": "application/cbor",
               "Authorization": AUTHORIZATION.format(region=REGION, service="monitoring")}
    url = f"{cloud.endpoint}/service/GraniteServiceVersion20100801/operation/{operation}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            status, content, said = answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        status, content, said = error.code, error.read(), dict(error.headers)
    assert said["smithy-protocol"] == "rpc-v2-cbor"
    shape: Any = operation_model("cloudwatch", operation).output_shape
    return status, dict(RpcV2CBORParser().parse({"status_code": status, "headers": said, "body": content}, shape))


def ask(cloud: Cloud, operation: str, **params: Any) -> tuple[int, dict[str, Any]]:
    made = RpcV2CBORSerializer().serialize_to_request(params, operation_model("cloudwatch", operation))
    return send(cloud, operation, bytes(made["body"]))


def test_an_alarm_through_cbor_is_the_one_that_json_shows(cloud: Cloud, aws: Clients) -> None:
    name = aws.name("alarm")
    status, _ = ask(cloud, "PutMetricAlarm", AlarmName=name, Namespace="n", MetricName="m", Statistic="Sum", Period=60,
                    Threshold=1.5, EvaluationPeriods=3, ComparisonOperator="GreaterThanThreshold",
                    Dimensions=[{"Name": "a", "Value": "b"}])
    assert status == 200
    [plain] = aws.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    _, answer = ask(cloud, "DescribeAlarms", AlarmNames=[name])
    [found] = answer["MetricAlarms"]
    compared = ("AlarmArn", "Threshold", "EvaluationPeriods", "Dimensions", "StateValue")
    assert {key: found[key] for key in compared} == {key: plain[key] for key in compared}
    assert abs(found["StateUpdatedTimestamp"] - plain["StateUpdatedTimestamp"]) < timedelta(milliseconds=2)


def test_errors_are_told_in_cbor_too(cloud: Cloud) -> None:
    status, answer = ask(cloud, "SetAlarmState", AlarmName="none-such", StateValue="ALARM", StateReason="r")
    assert (status, answer["Error"]["Code"]) == (404, "ResourceNotFound")
    status, answer = ask(cloud, "DescribeAlarmHistory")
    assert (status, answer["Error"]["Code"]) == (501, "NotImplemented")
    status, answer = send(cloud, "DescribeAlarms", b"\xff\xff\xff")
    assert (status, answer["Error"]["Code"]) == (400, "SerializationException")


@given(st.recursive(st.text() | st.integers(-2**63, 2**63 - 1) | st.booleans(),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)))
def test_what_is_written_is_read(value: Any) -> None:
    assert cbor.decode(written({"value": value})) == {"value": value}


def written(value: Any) -> bytes:
    """CBOR of plain data, by the rules of RFC 8949."""
    if isinstance(value, bool):
        return bytes([0xF5 if value else 0xF4])
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(written, value))
    return head(5, len(value)) + b"".join(written(key) + written(item) for key, item in value.items())


def head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    size = next(size for size in (1, 2, 4, 8) if number < 256 ** size)
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[size]]) + number.to_bytes(size, "big")
