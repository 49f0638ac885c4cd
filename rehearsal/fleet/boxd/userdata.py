"""First boot: what cloud-init does with user data. Unpacked, kept as a script, run once for an instance."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

from rehearsal.fleet.boxd import imds

CLOUD = Path("/var/lib/cloud/instance")
GZIP = b"\x1f\x8b"


def unpacked(found: bytes) -> bytes:
    return gzip.decompress(found) if found.startswith(GZIP) else found


def main() -> int:
    token = imds.token()
    identity = (imds.fetch("meta-data/instance-id", token) or b"").decode()
    once = CLOUD / "sem" / f"config_scripts_user.{identity}"
    if once.exists():
        return 0
    text = unpacked(imds.fetch("user-data", token) or b"")
    if not text.startswith(b"#!"):
        sys.stdout.write("user data that is no script (#!) is not understood here: cloud-init might\n" if text else
                         "no user data\n")
        return 1 if text else 0
    script = CLOUD / "scripts" / "part-001"
    script.parent.mkdir(parents=True, exist_ok=True)
    once.parent.mkdir(parents=True, exist_ok=True)
    script.write_bytes(text)
    script.chmod(0o700)
    once.touch()        # before it runs, as cloud-init does: a script that fails is not tried at the next boot
    code = subprocess.run([str(script)], check=False, cwd="/", env={**os.environ, "HOME": "/root"}).returncode
    if code:
        sys.stdout.write(f"user data exited with {code}\n")
    return code
