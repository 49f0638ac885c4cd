"""The service's doors onto the rehearsal's cloud: three boto3 clients of one endpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import boto3
from botocore.config import Config

from rehearsal.balancer import reading
from rehearsal.balancer.model import Balancer
from rehearsal.balancer.render import Where
from rehearsal.balancer.service import Doors


def doors(endpoint: str, region: str, where: Callable[[Balancer], Where] = lambda _: Where(),
          say: Callable[[str], None] = lambda _: None) -> Doors:
    """With made-up credentials: the rehearsal checks none, and a person's own must never be used here."""
    session = boto3.Session(aws_access_key_id="rehearsal", aws_secret_access_key="rehearsal",  # noqa: S106
                            region_name=region)
    make: Callable[..., Any] = session.client
    config = Config(retries={"max_attempts": 1}, connect_timeout=2, read_timeout=10)
    elbv2, ec2, acm = (make(name, endpoint_url=endpoint, config=config) for name in ("elbv2", "ec2", "acm"))

    def names(arn: str) -> Sequence[str]:
        found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        return list(dict.fromkeys([found["DomainName"], *found.get("SubjectAlternativeNames", [])]))
    return Doors(lambda: reading.read(elbv2, ec2), names, where, say)
