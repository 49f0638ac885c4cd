"""Static files served by the WAS itself: alone (`make app`), and for a web tier of another release.

A name whose hash is not ours gets our file of that name, uncached: during a deployment a page may meet a host
of another release, and a
slightly different style is better than none.
"""

from __future__ import annotations

import mimetypes

from django.http import Http404, HttpRequest, HttpResponse

from app.web.manifest import HASHED, files, manifest

CONTENTS = files()
NAMES = manifest(CONTENTS)
BY_HASHED_NAME = {hashed: name for name, hashed in NAMES.items()}
FOR_EVER = "public, max-age=31536000, immutable"


def address(name: str) -> str:
    return f"/static/{NAMES[name]}"


def serve(request: HttpRequest, name: str) -> HttpResponse:
    found = HASHED.fullmatch(name)
    plain = f"{found['stem']}.{found['kind']}" if found else name
    if plain not in CONTENTS:
        raise Http404
    kind = mimetypes.guess_type(plain)[0] or "application/octet-stream"
    answer = HttpResponse(CONTENTS[plain], content_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
    answer["Cache-Control"] = FOR_EVER if name in BY_HASHED_NAME else "no-cache"
    return answer
