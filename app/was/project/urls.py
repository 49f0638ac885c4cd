"""Addresses: pages in Korean, the same in English under /en, JSON under /api, and what operations ask."""

from __future__ import annotations

from django.urls import URLPattern, path

from app.was.operations import health
from app.was.pages import assets, data, serve, views


def pages(prefix: str, language: str) -> list[URLPattern]:
    return [
        path(prefix.rstrip("/"), serve.page(views.overview, language), name="overview"),
        path(f"{prefix}provinces/<slug:place>", serve.page(views.province, language), name="province"),
        path(f"{prefix}seoul", serve.page(views.seoul, language), name="seoul"),
        path(f"{prefix}news", serve.page(views.news, language), name="news"),
    ]


urlpatterns = [
    *pages("", "ko"),
    *pages("en/", "en"),
    path("api/overview", serve.page(data.overview, "en", serve.JSON), name="api-overview"),
    path("api/provinces/<slug:place>", serve.page(data.province, "en", serve.JSON), name="api-province"),
    path("api/seoul", serve.page(data.seoul, "en", serve.JSON), name="api-seoul"),
    path("api/news", serve.page(data.news, "en", serve.JSON), name="api-news"),
    path("static/<str:name>", assets.serve, name="static"),
    path("News", serve.old_news, name="old-news"),
    path("regions", serve.old_regions, name="old-regions"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("version", health.version, name="version"),
    path("metrics", health.metrics, name="metrics"),
]

handler400 = "app.was.pages.problems.bad_request"
handler404 = "app.was.pages.problems.not_found"
handler500 = "app.was.pages.problems.broken"
