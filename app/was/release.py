"""Which release this is: what the bundle's release.json says, or "development" in a checkout."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent     # a release's directory, or the checkout


@cache
def release(root: Path = ROOT) -> dict[str, str]:
    try:
        document = json.loads((root / "release.json").read_text())
    except (OSError, ValueError):
        document = {}
    known = {str(name): str(value) for name, value in document.items()} if isinstance(document, dict) else {}
    return {"release": "development", **known, "tier": "was"}
