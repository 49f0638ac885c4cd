"""Where the program runs: the AWS provider with the stack's tags, and the account's identity."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import get_caller_identity, get_partition
from pulumi_aws._inputs import ProviderDefaultTagsArgs, ProviderEndpointArgs
from pulumi_aws.provider import Provider

from infra.settings import Settings

# The services that the program calls; each is told about another endpoint where one is set.
SERVICES = ("acm", "autoscaling", "cloudwatch", "codedeploy", "ec2", "elbv2", "iam", "kms", "logs", "rds", "route53",
            "s3", "secretsmanager", "sns", "ssm", "sts", "wafv2")


@dataclass(frozen=True, kw_only=True)
class Account:
    id: str
    partition: str
    region: str

    def arn(self, service: str, resource: str, *, region: bool = True) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region else ''}:{self.id}:{resource}"


def make_provider(settings: Settings, endpoint: str | None) -> Provider:
    """`endpoint` is another AWS API than Amazon's, such as the rehearsal's; None on AWS."""
    allowed = [settings.aws.allowed_account] if settings.aws.allowed_account else None
    tags = ProviderDefaultTagsArgs(tags=settings.tags)
    if endpoint is None:
        return Provider("aws", region=settings.aws.region, default_tags=tags, allowed_account_ids=allowed)
    return Provider(
        "aws", region=settings.aws.region, default_tags=tags, allowed_account_ids=allowed,
        endpoints=[ProviderEndpointArgs(**dict.fromkeys(SERVICES, endpoint))],
        s3_use_path_style=True, skip_metadata_api_check=True, skip_region_validation=True,
        skip_credentials_validation=True, max_retries=2)


def look_up(region: str, provider: Provider) -> Account:
    options = pulumi.InvokeOptions(provider=provider)
    return Account(id=get_caller_identity(opts=options).account_id, region=region,
                   partition=get_partition(opts=options).partition)
