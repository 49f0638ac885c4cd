"""IAM, KMS, SNS, Secrets Manager and SSM: who may, with which key, and who is told."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.provider import Provider
from tests.rehearsal.provider.lives import Life


def trust(service: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})


def document(action: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


def test_roles_and_what_they_may(provider: Provider, aws: Aws) -> None:
    role = Life.begin(provider, "aws:iam/role:Role", assumeRolePolicy=trust("ec2.amazonaws.com"), description="hosts")
    role.change(assumeRolePolicy=trust("codedeploy.amazonaws.com"), maxSessionDuration=7200, tags={"Name": "r"})
    live = aws.iam.get_role(RoleName=role.id)["Role"]
    assert live["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"] == "codedeploy.amazonaws.com"
    assert live["MaxSessionDuration"] == 7200
    assert role.replaced_by(path="/x/") == ("path",)
    inline = Life.begin(provider, "aws:iam/rolePolicy:RolePolicy", role=role.id, policy=document("s3:GetObject"))
    inline.change(policy=document("s3:PutObject"))
    said = aws.iam.get_role_policy(RoleName=role.id, PolicyName=inline.inputs["name"])["PolicyDocument"]
    assert said["Statement"][0]["Action"] == "s3:PutObject"
    attached = Life.begin(provider, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", role=role.id,
                          policyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    profile = Life.begin(provider, "aws:iam/instanceProfile:InstanceProfile", role=role.id)
    other = Life.begin(provider, "aws:iam/role:Role", "other", assumeRolePolicy=trust("ec2.amazonaws.com"))
    profile.change(role=other.id)
    roles = aws.iam.get_instance_profile(InstanceProfileName=profile.id)["InstanceProfile"]["Roles"]
    assert [r["RoleName"] for r in roles] == [other.id]
    for life in (profile, attached, inline, role, other):
        life.end()


def test_a_role_that_forces_detaching_takes_strangers_along(provider: Provider, aws: Aws) -> None:
    role = Life.begin(provider, "aws:iam/role:Role", assumeRolePolicy=trust("ec2.amazonaws.com"),
                      forceDetachPolicies=True)
    aws.iam.attach_role_policy(RoleName=role.id, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    aws.iam.put_role_policy(RoleName=role.id, PolicyName="by-hand", PolicyDocument=document("s3:*"))
    role.end()


def test_keys_and_aliases(provider: Provider, aws: Aws) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*",
                                                      "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}]}
    key = Life.begin(provider, "aws:kms/key:Key", description="for tests", enableKeyRotation=True,
                     deletionWindowInDays=7, policy=json.dumps(policy))
    assert aws.kms.get_key_rotation_status(KeyId=key.id)["KeyRotationEnabled"]
    key.change(enableKeyRotation=False, description="other", tags={"Name": "k"})
    assert aws.kms.describe_key(KeyId=key.id)["KeyMetadata"]["Description"] == "other"
    alias = Life.begin(provider, "aws:kms/alias:Alias", targetKeyId=key.id)
    second = Life.begin(provider, "aws:kms/key:Key", description="second")
    alias.change(targetKeyId=second.id)
    alias.end()
    key.end()
    second.end()
    assert aws.kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_topics(provider: Provider, aws: Aws) -> None:
    topic = Life.begin(provider, "aws:sns/topic:Topic", displayName="alarms")
    topic.change(displayName="louder", tags={"Name": "t"})
    assert aws.sns.get_topic_attributes(TopicArn=topic.id)["Attributes"]["DisplayName"] == "louder"
    allow: dict[str, Any] = {"Version": "2012-10-17", "Statement": [{
        "Sid": "Alarms", "Effect": "Allow", "Action": "sns:Publish", "Resource": topic.id,
        "Principal": {"Service": "cloudwatch.amazonaws.com"}}]}
    policy = Life.begin(provider, "aws:sns/topicPolicy:TopicPolicy", arn=topic.id, policy=json.dumps(allow))
    allow["Statement"][0]["Sid"] = "Others"
    policy.change(policy=json.dumps(allow))
    mail = Life.begin(provider, "aws:sns/topicSubscription:TopicSubscription", topic=topic.id, protocol="email",
                      endpoint="on-call@example.com")
    assert [s["Endpoint"] for s in aws.sns.list_subscriptions_by_topic(TopicArn=topic.id)["Subscriptions"]] == [
        "on-call@example.com"]
    for life in (mail, policy, topic):
        life.end()


def test_parameters_and_secrets(provider: Provider, aws: Aws) -> None:
    parameter = Life.begin(provider, "aws:ssm/parameter:Parameter", name="/trial/one", type="String", value="1",
                           tags={"Name": "p"})
    parameter.change(value="2", description="counted")
    assert aws.ssm.get_parameter(Name="/trial/one")["Parameter"]["Value"] == "2"
    assert parameter.outputs["version"] == 2
    secret = Life.begin(provider, "aws:secretsmanager/secret:Secret", description="keys", recoveryWindowInDays=0)
    secret.change(description="more keys", tags={"Name": "s"})
    assert aws.secretsmanager.describe_secret(SecretId=secret.id)["Description"] == "more keys"
    parameter.end()
    secret.end()
