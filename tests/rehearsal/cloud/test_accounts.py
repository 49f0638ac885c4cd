"""IAM, SSM, S3 and alarms: managed policies, public parameters, bucket policies, states."""

from __future__ import annotations

import json

import pytest

from rehearsal.cloud.services.iam import trust_problem
from tests.rehearsal.cloud import UBUNTU, Clients, code_of
from tests.rehearsal.cloud.test_ec2 import TRUST

MANAGED = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


def test_managed_policies_exist_and_made_up_ones_do_not(aws: Clients) -> None:
    role = aws.name("role")
    aws.iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
    aws.iam.attach_role_policy(RoleName=role, PolicyArn=MANAGED)
    [found] = aws.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert found["PolicyArn"] == MANAGED
    invented = "arn:aws:iam::aws:policy/Invented"
    assert code_of(lambda: aws.iam.attach_role_policy(RoleName=role, PolicyArn=invented)) == "NoSuchEntity"


@pytest.mark.parametrize("text", [
    "{", "{}", '{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}',
    '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*"}}',
    '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}}',
])
def test_a_trust_policy_has_to_be_one(aws: Clients, text: str) -> None:
    assert trust_problem(text)
    role = aws.name("role")
    assert code_of(lambda: aws.iam.create_role(RoleName=role, AssumeRolePolicyDocument=text)) == \
        "MalformedPolicyDocument"


def test_ubuntus_image_is_public_and_can_be_launched(aws: Clients) -> None:
    both = aws.ssm.get_parameters(Names=[UBUNTU, UBUNTU.replace("amd64", "arm64"), "/not/there"])
    images = [parameter["Value"] for parameter in both["Parameters"]]
    assert both["InvalidParameters"] == ["/not/there"]
    found = aws.ec2.describe_images(ImageIds=images)["Images"]
    assert sorted(image["Architecture"] for image in found) == ["arm64", "x86_64"]


@pytest.fixture
def bucket(aws: Clients) -> str:
    name = aws.name("a-bucket")
    aws.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    return name


def denial(bucket: str, **condition: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*", **condition}]})


def test_deny_unless_tls_does_not_deny_all(aws: Clients, bucket: str) -> None:
    policy = denial(bucket, Condition={"Bool": {"aws:SecureTransport": "false"}})
    aws.s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert json.loads(aws.s3.get_bucket_policy(Bucket=bucket)["Policy"]) == json.loads(policy)
    aws.s3.put_object(Bucket=bucket, Key="release", Body=b"content")
    assert aws.s3.get_object(Bucket=bucket, Key="release")["Body"].read() == b"content"
    aws.s3.delete_bucket_policy(Bucket=bucket)
    assert code_of(lambda: aws.s3.get_bucket_policy(Bucket=bucket)) == "NoSuchBucketPolicy"


def test_an_unconditional_denial_denies(aws: Clients, bucket: str) -> None:
    aws.s3.put_bucket_policy(Bucket=bucket, Policy=denial(bucket))
    assert code_of(lambda: aws.s3.put_object(Bucket=bucket, Key="release", Body=b"content")) in ("AccessDenied", "403")


def test_bad_policies_and_buckets_are_refused(aws: Clients, bucket: str) -> None:
    assert code_of(lambda: aws.s3.put_bucket_policy(Bucket=bucket, Policy="nonsense")) == "MalformedPolicy"
    assert code_of(lambda: aws.s3.get_bucket_policy(Bucket="there-is-none")) in ("404", "NoSuchBucket")


def test_an_alarm_begins_knowing_nothing_and_a_change_keeps_its_state(aws: Clients) -> None:
    name, cloudwatch = aws.name("alarm"), aws.cloudwatch

    def put(threshold: float) -> None:
        cloudwatch.put_metric_alarm(
            AlarmName=name, Namespace="AWS/ApplicationELB", MetricName="TargetResponseTime", ExtendedStatistic="p99",
            Period=60, EvaluationPeriods=3, DatapointsToAlarm=2, Threshold=threshold, TreatMissingData="notBreaching",
            ComparisonOperator="GreaterThanThreshold", Dimensions=[{"Name": "LoadBalancer", "Value": "app/x/1"}])

    def state() -> tuple[str, float, int]:
        [found] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        assert (found["ExtendedStatistic"], found["TreatMissingData"]) == ("p99", "notBreaching")
        return found["StateValue"], found["Threshold"], found["DatapointsToAlarm"]
    put(1.5)
    assert state() == ("INSUFFICIENT_DATA", 1.5, 2)
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    put(2.5)
    assert state() == ("ALARM", 2.5, 2)
