"""Every test has a host of its own, and hooks see a quiet environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsal.agent.host import Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    tmp_path.chmod(0o755)  # hooks that run as another user have to get in
    return Host(tmp_path, {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"})
