"""The release before this one: release.tar.gz holds the code that production runs while this one is deployed.

A test runs it on this release's schema. When a release is out, its code becomes the archive:

    git archive RELEASE app/__init__.py app/was app/web/__init__.py app/web/manifest.py app/web/assets | gzip -n9
"""

from __future__ import annotations

import tarfile
from pathlib import Path

ARCHIVE = Path(__file__).resolve().parent / "release.tar.gz"


def unpack(directory: Path) -> Path:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(directory)       # our own file; Debian 12's tarfile knows no filter yet
    return directory
