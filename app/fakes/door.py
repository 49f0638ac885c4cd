"""The collectors' door, opened straight onto the fake portals: no network, the same bytes."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from app.fakes.portals import Portals
from app.was.collect.door import Request
from app.was.collect.rows import SourceError


class PortalDoor:
    def __init__(self, portals: Portals) -> None:
        self._portals = portals

    def __call__(self, request: Request) -> bytes:
        path = urlsplit(request.url).path
        answer = self._portals.answer(f"{path}?{urlencode(dict(request.params))}", request.headers)
        if answer.status != 200:
            raise SourceError(request.source, f"HTTP {answer.status}: {answer.body[:200].decode('utf-8', 'replace')}")
        return answer.body
