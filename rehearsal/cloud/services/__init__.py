"""Our answers, one module or package a service, imported when the service is first asked for something."""

from __future__ import annotations

import importlib
import sys
from functools import cache

from rehearsal.cloud.answers import Answers, Tick

MODULES = {
    "acm": "acm",
    "autoscaling": "autoscaling",
    "cloudwatch": "cloudwatch",
    "ec2": "ec2",
    "elbv2": "elbv2",
    "iam": "iam",
    "rds": "rds",
    "route53": "route53",
    "s3": "s3",
    "ssm": "ssm",
    "sts": "sts",
    "wafv2": "wafv2",
}


@cache
def answers_of(service: str) -> Answers | None:
    if service not in MODULES:
        return None
    answers: Answers = importlib.import_module(f"rehearsal.cloud.services.{MODULES[service]}").ANSWERS
    return answers


def ticks_of_loaded() -> list[Tick]:
    """What goes on by itself in the services that somebody has used."""
    loaded = [name for name, module in MODULES.items() if f"{__name__}.{module}" in sys.modules]
    return [tick for name in loaded if (answers := answers_of(name)) for tick in answers.ticks]
