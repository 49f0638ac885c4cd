"""amazon-cloudwatch-agent-ctl: takes a configuration, if it is one, for the agent's service to follow."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rehearsal.fleet.boxd import systemctl

CONFIG = Path("/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json")
UNIT = "amazon-cloudwatch-agent"


def main() -> int:
    words = sys.argv[1:]
    action = words[words.index("-a") + 1] if "-a" in words[:-1] else "status"
    if action in ("start", "stop", "status"):
        return systemctl.main([action, UNIT])
    if action != "fetch-config":
        sys.stderr.write(f"'{action}' is nothing that the rehearsal's agent can do\n")
        return 1
    source = words[words.index("-c") + 1] if "-c" in words[:-1] else ""
    try:
        found = json.loads(Path(source.removeprefix("file:")).read_text())
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{source or '-c'} is no configuration: {error}\n")
        return 1
    CONFIG.parent.mkdir(parents=True, exist_ok=True)
    CONFIG.write_text(json.dumps(found))
    return systemctl.main(["restart", UNIT]) if "-s" in words else 0
