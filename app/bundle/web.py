"""The web tier's files: hashed static files with their compressed twins, the page for when the WAS is away,
nginx's site.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from app.web.manifest import files, manifest

WEB = Path(__file__).resolve().parent.parent / "web"
COMPRESSIBLE = (".css", ".js", ".svg", ".html")
REFERENCE = re.compile(r"\{\{ ([a-z.-]+) \}\}")


def contents() -> dict[str, bytes]:
    assets = files()
    names = manifest(assets)
    plain = {f"static/{names[name]}": content for name, content in assets.items()} | {"away.html": away(names)}
    templates = {f"nginx/{path.name}": path.read_bytes() for path in sorted((WEB / "nginx").glob("*.template"))}
    return {**plain, **compressed(plain), **templates, "install.py": (WEB / "install.py").read_bytes()}


def away(names: dict[str, str]) -> bytes:
    """The page refers to this release's own files: it must work when nothing else does."""
    text = (WEB / "away.html").read_text()
    return REFERENCE.sub(lambda found: names[found[1]], text).encode()


def compressed(plain: dict[str, bytes]) -> dict[str, bytes]:
    """mtime=0: the same file gives the same bytes."""
    return {
        f"{name}.gz": gzip.compress(content, 9, mtime=0)
        for name, content in plain.items()
        if name.endswith(COMPRESSIBLE)
    }
