"""Mistakes on hosts and in fleets."""

from __future__ import annotations

import base64
import gzip

from infra.policy import kinds
from tests.infra.policy.draft import breaks, drop, put, remove

WEB, JENKINS = (kinds.LAUNCH_TEMPLATE, "coko-web"), (kinds.INSTANCE, "coko-jenkins")
BLUE, GREEN = (kinds.GROUP, "coko-web-blue"), (kinds.GROUP, "coko-web-green")
WAS_BLUE = (kinds.GROUP, "coko-was-blue")
CARD = {"associatePublicIpAddress": "false", "securityGroups": ["coko-web-SecurityGroup"]}


def packed(script: str) -> str:
    return base64.b64encode(gzip.compress(script.encode())).decode()


def encoded(script: str) -> str:
    return base64.b64encode(script.encode()).decode()


HOSTS = (
    breaks("HOST-1", put(*WEB, metadataOptions__httpTokens="optional")),
    breaks("HOST-1", put(*JENKINS, metadataOptions__httpTokens="optional")),
    # Without any options it is IMDSv1, at a distance of AWS's choosing.
    breaks("HOST-1", put(*WEB, metadataOptions=None), also=("HOST-2",)),
    breaks("HOST-2", put(*WEB, metadataOptions__httpPutResponseHopLimit=2)),
    breaks("HOST-3", put(*WEB, blockDeviceMappings__0__ebs__encrypted="false")),
    breaks("HOST-3", put(*JENKINS, rootBlockDevice__encrypted=False)),
    breaks("HOST-3", put(kinds.VOLUME, "coko-jenkins", encrypted=False)),
    breaks("HOST-4", put(*WEB, networkInterfaces__0__associatePublicIpAddress="true")),
    breaks("HOST-4", put(*JENKINS, associatePublicIpAddress=True)),
    breaks("HOST-5", put(*WEB, userData=packed("#!/bin/bash\nexport DB_PASSWORD=hunter22\n"))),
    breaks("HOST-5", put(*WEB, userData=encoded("curl https://deploy:s3cr3tword@git.example.com/coko.git\n"))),
    breaks("HOST-5", put(*JENKINS, userDataBase64=packed("aws configure set x AKIA" "IOSFODNN7EXAMPLE"))),
    breaks("HOST-6", put(*WEB, monitoring={"enabled": False})),
    breaks("HOST-6", put(*JENKINS, monitoring=False)),
    breaks("HOST-7", put(*WEB, networkInterfaces=[CARD, CARD])),
    breaks("HOST-8", put(*WEB, keyName="admin")),
    breaks("HOST-9", remove(kinds.ROLE_POLICY, "coko-web-sessions")),
    breaks("HOST-9", put(*JENKINS, iamInstanceProfile=None)),
    breaks("HOST-10", put(*WEB, blockDeviceMappings__0__ebs__deleteOnTermination="false")),

    breaks("ASG-1", put(*BLUE, healthCheckType="EC2")),
    breaks("ASG-2", put(*BLUE, vpcZoneIdentifiers=["coko-private-a-Subnet"])),
    breaks("ASG-3", put(*BLUE, launchConfiguration="of-2019")),
    # Without a template there is no version to follow either.
    breaks("ASG-3", put(*BLUE, launchTemplate=None), also=("ASG-4",)),
    breaks("ASG-4", put(*BLUE, launchTemplate__version="$Latest")),
    breaks("ASG-5", put(*BLUE, instanceRefresh=None)),
    breaks("ASG-5", put(*BLUE, instanceRefresh__preferences__minHealthyPercentage=0)),
    breaks("ASG-5", put(*BLUE, instanceRefresh__preferences__autoRollback=False)),
    breaks("ASG-6", put(*BLUE, tags__0__propagateAtLaunch=False)),
    breaks("ASG-6", put(*BLUE, tags=[])),
    breaks("ASG-6", put(*GREEN, tags__0__value="another-stack")),
    breaks("ASG-7", put(*WAS_BLUE, minSize=1)),
    breaks("ASG-8", put(*BLUE, healthCheckGracePeriod=0)),
    breaks("ASG-9", remove(kinds.SCALING_POLICY, "coko-web-green-grow"),
           remove(kinds.SCALING_POLICY, "coko-web-green-shrink")),
    breaks("ASG-10", drop(*BLUE, "enabledMetrics")),
)
