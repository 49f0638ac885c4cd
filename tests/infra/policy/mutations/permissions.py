"""Mistakes in what roles may do, and secrets that somebody wrote down."""

from __future__ import annotations

from infra.policy import kinds
from tests.infra.policy.draft import add, breaks, document, grant, put, settings, statement

SETTINGS = (kinds.ROLE_POLICY, "coko-web-settings")
RELEASES = (kinds.ROLE_POLICY, "coko-web-releases")
WEB, FLOW = (kinds.ROLE, "coko-web"), (kinds.ROLE, "coko-flow")
ROLE = "arn:aws:iam::123456789012:role/another"
HOSTS = "arn:aws:ec2:ap-northeast-2:123456789012:instance/i-0123456789abcdef0"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
EVERYTHING = """{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::coko-logs-1a2b3c4"}]}"""
REGION = (kinds.PARAMETER, "coko-region")

PERMISSIONS = (
    breaks("IAM-1", grant(*SETTINGS, Sid="All", Action="*", Resource=HOSTS)),
    breaks("IAM-1", grant(*SETTINGS, Sid="All", Action="*:*", Resource="*")),
    breaks("IAM-1", add("aws:iam/policy:Policy", "mistake", policy=EVERYTHING)),
    breaks("IAM-2", grant(*SETTINGS, Sid="Some", Action=["ec2:Describe*"], Resource=HOSTS)),
    breaks("IAM-2", grant(*RELEASES, Sid="Bucket", Action="s3:*", Resource="arn:aws:s3:::coko-releases-1a2b3c4/web/*")),
    breaks("IAM-3", grant(*SETTINGS, Sid="Stop", Action="ec2:TerminateInstances", Resource="*")),
    breaks("IAM-3", statement(*SETTINGS, "Parameters", Resource=["*"])),
    breaks("IAM-4", statement(kinds.ROLE_POLICY, "coko-web-telemetry", "Metrics", Condition=None)),
    breaks("IAM-5", statement(*WEB, 0, Principal={"AWS": "arn:aws:iam::123456789012:root"})),
    breaks("IAM-5", statement(*WEB, 0, Principal={"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]})),
    breaks("IAM-6", statement(*FLOW, 0, Condition=None)),
    breaks("IAM-7", statement(*RELEASES, "Decrypt", Resource="arn:aws:kms:ap-northeast-2:123456789012:key/*")),
    # Decrypting with every key names no key, and no resource.
    breaks("IAM-7", statement(*RELEASES, "Decrypt", Resource="*"), also=("IAM-3",)),
    breaks("IAM-8", grant(*SETTINGS, Sid="Climb", Action="iam:PassRole", Resource=ROLE)),
    breaks("IAM-8", grant(*SETTINGS, Sid="Climb", Action="sts:AssumeRole", Resource=ROLE)),
    breaks("IAM-9", grant(*SETTINGS, Sid="Rest", NotAction=["iam:CreateUser"], Resource=HOSTS)),
    breaks("IAM-9", grant(*SETTINGS, Sid="Rest", Action=["ec2:StopInstances"], NotResource=HOSTS)),
    breaks("IAM-10", add(kinds.ROLE_ATTACHMENT, "mistake", role="coko-web-1a2b3c4", policyArn=ADMINISTRATOR)),
    breaks("IAM-10", put(*WEB, managedPolicyArns=[ADMINISTRATOR])),
    breaks("IAM-10", put(*WEB, inlinePolicies=[{"name": "all", "policy": "{}"}])),
    breaks("IAM-11", statement(*RELEASES, "Releases", Resource="arn:aws:s3:::coko-releases-1a2b3c4/*")),
    breaks("IAM-12", statement(kinds.ROLE_POLICY, "coko-was-database", "Secret",
                               Resource="arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:rds!*")),
    breaks("IAM-13", add("aws:iam/user:User", "deployer")),
    breaks("IAM-13", add("aws:ec2/keyPair:KeyPair", "admin", publicKey="ssh-ed25519 AAAA")),
    breaks("IAM-14", document(*SETTINGS, lambda parsed: parsed.update(Version="2008-10-17"))),
    breaks("IAM-14", document(*WEB, lambda parsed: parsed.pop("Version"))),

    breaks("COKO-1", put("pulumi:providers:aws", "aws", defaultTags='{"tags": {"coko:stack": "prod"}}')),
    breaks("COKO-1", put("pulumi:providers:aws", "aws", defaultTags=None)),
    breaks("COKO-2", put(kinds.DATABASE, "coko", password="longer-than-six")),
    breaks("COKO-2", put(*REGION, value="mysql://coko:s3cr3tword@db/coko")),
    breaks("COKO-2", put(kinds.BALANCER, "coko", tags={"note": "-----BEGIN RSA PRIVATE" " KEY-----"})),
    breaks("COKO-3", put("pulumi:providers:aws", "aws", endpoints='[{"s3": "http://127.0.0.1:4580"}]')),
    breaks("COKO-3", settings("aws", endpoint="http://127.0.0.1:4580")),
    breaks("COKO-5", add("aws:lambda/function:Function", "helper")),
    breaks("COKO-4", put(*REGION, name="/coko/dev/region")),
)
