"""poweroff, reboot, halt, shutdown: by the name it is called."""

from __future__ import annotations

import sys
from pathlib import Path

from rehearsal.fleet.boxd import systemctl


def main() -> int:
    name = Path(sys.argv[0]).name
    again = name == "reboot" or "-r" in sys.argv[1:]
    return systemctl.main(["reboot" if again else "poweroff"])
