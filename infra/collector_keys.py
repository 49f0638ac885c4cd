"""A place for the keys of the public APIs. A person puts their values there; they never pass through here."""

from __future__ import annotations

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import secretsmanager

from infra import iam, policies


class CollectorKeys(pulumi.ComponentResource):
    arn: Output[str]

    def __init__(self, name: str, key_arn: Input[str], *, destroyable: bool,
                 opts: ResourceOptions | None = None) -> None:
        super().__init__("coko:infra:CollectorKeys", name, None, opts)
        self._key_arn = key_arn
        secret = secretsmanager.Secret(
            name, description="Keys of data.go.kr, openapi.seoul.go.kr and openapi.naver.com", kms_key_id=key_arn,
            recovery_window_in_days=0 if destroyable else 30, opts=ResourceOptions(parent=self))
        self.arn = secret.arn
        self.register_outputs({"arn": self.arn})

    def read(self) -> Output[str]:
        """The policy that lets somebody read the keys."""
        return iam.render(policies.read_secret, secret=self.arn, key=self._key_arn)
