"""Static files under names that hold their content's hash: cached for ever, never stale.

Both tiers carry the files. nginx serves its own; what it does not have (the tiers may be deployed in any
order) it asks the WAS for.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "assets"
HASHED = re.compile(r"(?P<stem>[a-z-]+)\.(?P<hash>[0-9a-f]{10})\.(?P<kind>[a-z]+)")


def files(directory: Path = SOURCES) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir()) if path.is_file()}


def hashed(name: str, content: bytes) -> str:
    stem, kind = name.rsplit(".", 1)
    return f"{stem}.{blake2b(content, digest_size=5).hexdigest()}.{kind}"


def manifest(contents: dict[str, bytes]) -> dict[str, str]:
    """coko.css → coko.0123456789.css"""
    return {name: hashed(name, content) for name, content in contents.items()}
