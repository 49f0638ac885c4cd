"""Every request counted, timed and logged, by the name of its address: never by the address itself, which
strangers choose.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

LOGGER = logging.getLogger("coko.access")
REQUESTS = Counter("coko_requests", "Requests by page and status", ("page", "status"))
SECONDS = Histogram("coko_request_seconds", "Time to answer, by page", ("page",),
                    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5))
CACHE = Counter("coko_page_cache", "Pages by how they were found: hit, miss, stale", ("how",))
PROBES = ("livez", "readyz", "metrics")     # asked every few seconds by machines: counted, not logged


class Measure:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        answer = self._get_response(request)
        took = time.perf_counter() - started
        page = request.resolver_match.url_name if request.resolver_match else None
        REQUESTS.labels(page or "none", str(answer.status_code)).inc()
        SECONDS.labels(page or "none").observe(took)
        if page not in PROBES:
            LOGGER.info("%s %s %s %.1fms client=%s id=%s", request.method, _fit(request.path), answer.status_code,
                        took * 1000, _client(request), _fit(request.headers.get("X-Request-Id", "-")))
        return answer


def _client(request: HttpRequest) -> str:
    """The last hop that nginx saw, which nginx wrote; without nginx the peer itself."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return _fit(forwarded.rsplit(",", 1)[-1].strip() or str(request.META.get("REMOTE_ADDR", "-")))


def _fit(text: str) -> str:
    """A stranger's text on one log line."""
    return text[:200].encode("unicode_escape").decode() if not text.isprintable() else text[:200]
