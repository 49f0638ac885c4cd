"""/livez (the process answers), /readyz (it can serve: database there, schema up to date), /version, /metrics."""

from __future__ import annotations

import os
from collections.abc import Iterator

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from app.was.database.state import Readiness
from app.was.figures import reading
from app.was.release import release

READINESS = Readiness()


def livez(request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    complaint = READINESS.complaint()
    answer = JsonResponse({"ready": not complaint, "why": complaint, "release": release()["release"]},
                          status=503 if complaint else 200)
    answer["Cache-Control"] = "no-store"
    return answer


def version(request: HttpRequest) -> HttpResponse:
    answer = JsonResponse(release())
    answer["Cache-Control"] = "no-store"
    return answer


def metrics(request: HttpRequest) -> HttpResponse:
    gauges = CollectorRegistry()
    gauges.register(_Gauges())
    body = generate_latest(_registry()) + generate_latest(gauges)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    """All workers' counters, if gunicorn set a directory for them up; else this process's own."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class _Gauges:
    """What is read at the moment of asking: which release, and when each source last brought something."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        info = GaugeMetricFamily("coko_release", "1, labelled with the release", labels=["release"])
        info.add_metric([release()["release"]], 1)
        yield info
        refreshed = GaugeMetricFamily("coko_refreshed_timestamp_seconds", "When a source was last collected",
                                      labels=["source"])
        try:
            for source, at in reading.refreshed().items():
                refreshed.add_metric([source], at.timestamp())
        except Error:
            return      # no database: /readyz says so, and this metric's absence shows it
        yield refreshed
