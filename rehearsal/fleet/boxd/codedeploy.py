"""The CodeDeploy host agent's start: who this host is and what it may do come from instance metadata."""

from __future__ import annotations

import os

from rehearsal.fleet.boxd import imds

ROOT = "/opt/codedeploy-agent/deployment-root"


def main() -> int:
    os.environ.update(imds.credentials())
    identity = imds.text("meta-data/instance-id")
    from rehearsal.agent.__main__ import main as agent
    return agent(["run", "--root", ROOT, "--endpoint", os.environ["AWS_ENDPOINT_URL"], "--instance-id", identity])
