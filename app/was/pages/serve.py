"""From a request to an answer: read what is asked, look into the page cache, let browsers keep what has not changed."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from app.was.figures import reading
from app.was.operations import measure
from app.was.pages.asked import Asked
from app.was.pages.cache import PageCache
from app.was.pages.problems import problem
from app.was.places import PROVINCE_BY_GUBUN

CACHE = PageCache(reading.generation)
HTML, JSON = "text/html; charset=utf-8", "application/json; charset=utf-8"


def page(render: Callable[[Asked], bytes], language: str, kind: str = HTML) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest, place: str = "") -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            answer = problem(request, 405)
            answer["Allow"] = "GET, HEAD"
            return answer
        asked = Asked.read(request.GET, language, place)
        found = CACHE.get((kind, render.__name__, asked), lambda: render(asked))
        measure.CACHE.labels(found.how).inc()
        return _answer(request, found.kept.body, found.kept.tag, kind)

    return view


def _answer(request: HttpRequest, body: bytes, tag: str, kind: str) -> HttpResponse:
    # nginx compresses on the way and weakens the tag; a browser sends it back as W/"…".
    known = request.headers.get("If-None-Match", "").removeprefix("W/") == tag
    answer = HttpResponse(status=304) if known else HttpResponse(body, content_type=kind)
    answer["ETag"], answer["Cache-Control"] = tag, "no-cache"
    return answer


def old_news(request: HttpRequest) -> HttpResponse:
    return HttpResponsePermanentRedirect("/news")


def old_regions(request: HttpRequest) -> HttpResponse:
    """/regions?get_data=서울 was the first dashboard's page of a province."""
    place = PROVINCE_BY_GUBUN.get(request.GET.get("get_data", ""))
    return HttpResponsePermanentRedirect(f"/provinces/{place.code}" if place and place.tile else "/")
