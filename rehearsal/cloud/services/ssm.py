"""SSM: the public parameters in which Canonical names its newest images; all others are moto's."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from rehearsal.cloud.answers import Answers, Call, Reply

ANSWERS = Answers("ssm")
UBUNTU = re.compile(r"/aws/service/canonical/ubuntu/server/24\.04/stable/current/(amd64|arm64)/hvm/ebs-gp3/ami-id")
IMAGES = {"amd64": "ami-0c0c000000002404a", "arm64": "ami-0c0c000000002404b"}      # images.json
PUBLISHED = datetime(2026, 1, 15, 8, tzinfo=UTC)


@ANSWERS("GetParameter")
def get(call: Call) -> Reply:
    found = public(call.params["Name"], call.region)
    return {"Parameter": found} if found else call.onward()


@ANSWERS("GetParameters")
def get_many(call: Call) -> Reply:
    names = call.params["Names"]
    found = [parameter for name in names if (parameter := public(name, call.region))]
    others = [name for name in names if not public(name, call.region)]
    reply = call.onward({**call.params, "Names": others}) if others else {"Parameters": [], "InvalidParameters": []}
    return {**reply, "Parameters": [*found, *reply["Parameters"]]}


def public(name: str, region: str) -> dict[str, Any] | None:
    match = UBUNTU.fullmatch(name)
    if not match:
        return None
    return {"Name": name, "Type": "String", "Value": IMAGES[match[1]], "Version": 1, "DataType": "aws:ec2:image",
            "LastModifiedDate": PUBLISHED, "ARN": f"arn:aws:ssm:{region}::parameter{name}"}
