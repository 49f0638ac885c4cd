"""Files that a program hands to a resource. Equal content is equal, wherever it lies: they are compared by their hash.

Pulumi's engine sends hashes along; the in-process engine adds its own (`hashed`). A directory travels as a zip of
the same bytes for the same files.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

from rehearsal.provider.values import SIGNATURE

ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
EPOCH = (1980, 1, 1, 0, 0, 0)


def is_asset(value: Any) -> bool:
    return isinstance(value, dict) and value.get(SIGNATURE) in (ASSET, ARCHIVE)


def hashed(value: Any) -> Any:
    """The same value, with a hash in every asset that has none."""
    if is_asset(value):
        return value if value.get("hash") else {**value, "hash": hashlib.sha256(content(value)).hexdigest()}
    if isinstance(value, dict):
        return {key: hashed(item) for key, item in value.items()}
    return [hashed(item) for item in value] if isinstance(value, list) else value


def content(asset: dict[str, Any]) -> bytes:
    """What is sent. Addresses elsewhere are not fetched: the rehearsal is offline."""
    if asset.get("text") is not None and asset[SIGNATURE] == ASSET:
        return str(asset["text"]).encode()
    if "assets" in asset:
        return _zipped({name: content(item) for name, item in asset["assets"].items()})
    path = Path(asset["path"])
    if path.is_dir():
        return _zipped({str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()})
    return path.read_bytes()


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
