"""What went wrong, as a page or as JSON: what, why, and where to go. Asks the database nothing: it may be what
is wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from app.was.pages.asked import BadQuery, NoFigures
from app.was.pages.texts import WORDS

LOGGER = logging.getLogger("coko.pages")
RETRY_AFTER = "10"


def language_of(request: HttpRequest) -> str:
    return "en" if request.path == "/en" or request.path.startswith(("/en/", "/api/")) else "ko"


def identity(request: HttpRequest) -> str:
    """nginx's id of this request: what its log, ours and the page that a person sees have in common."""
    return "".join(sign for sign in request.headers.get("X-Request-Id", "")[:40] if sign.isalnum() or sign == "-")


def problem(request: HttpRequest, status: int, why: str = "") -> HttpResponse:
    language = language_of(request)
    words = WORDS[language]
    why = why or words.get(f"problem_{status}_why", "")
    if request.path.startswith("/api/"):
        answer: HttpResponse = JsonResponse({"error": words[f"problem_{status}"], "why": why}, status=status)
    else:
        page = {"w": words, "language": language, "status": status, "what": words[f"problem_{status}"], "why": why,
                "request_id": identity(request), "home": "/en" if language == "en" else "/"}
        answer = HttpResponse(render_to_string("problem.html", page), status=status)
    answer["Cache-Control"] = "no-store"
    if status == 503:
        answer["Retry-After"] = RETRY_AFTER
    return answer


class Problems:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, BadQuery):
            return problem(request, 400, str(error))
        if isinstance(error, NoFigures):
            return problem(request, 404, str(error))
        if isinstance(error, Error):
            LOGGER.error("id=%s %s: the database: %s %s", identity(request), request.path, type(error).__name__, error)
            return problem(request, 503)
        return None


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem(request, 404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem(request, 400)


def broken(request: HttpRequest) -> HttpResponse:
    LOGGER.exception("id=%s %s failed", identity(request), request.path)
    return problem(request, 500)
