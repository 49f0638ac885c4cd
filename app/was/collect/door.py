"""The door to the portals: one GET with time limits, size limit and retries. Keys never leave it in a message."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote, quote_plus

import requests

from app.was.collect.rows import SourceError

CONNECT, READ, WHOLE = 5.0, 20.0, 60.0      # seconds
LARGEST = 4 * 1024 * 1024                   # bytes: a day is 10 kB, a thousand days of Seoul 1.5 MB
ATTEMPTS = 4
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
AGENT = {"User-Agent": "coko/1 (dashboard)", "Accept-Encoding": "identity"}


@dataclass(frozen=True, kw_only=True)
class Request:
    source: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


class Door(Protocol):
    def __call__(self, request: Request) -> bytes: ...


class Transient(Exception):
    """Worth another attempt; carries the portal's wish for how long to wait."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class HttpDoor:
    def __init__(self, session: requests.Session | None = None, *, sleep: Callable[[float], None] = time.sleep,
                 jitter: Callable[[], float] = random.random, clock: Callable[[], float] = time.monotonic,
                 read_timeout: float = READ) -> None:
        self._session = session or requests.Session()
        self._sleep, self._jitter, self._clock, self._read_timeout = sleep, jitter, clock, read_timeout

    def __call__(self, request: Request) -> bytes:
        reasons: list[str] = []
        for attempt in range(ATTEMPTS):
            try:
                return self._once(request)
            except Transient as failure:
                reasons.append(masked(str(failure), request.secrets))
                if attempt + 1 < ATTEMPTS:
                    self._sleep(pause(attempt, failure.wait, self._jitter()))
        raise SourceError(request.source, f"{ATTEMPTS} attempts failed, the last with: {reasons[-1]}")

    def _once(self, request: Request) -> bytes:
        started = self._clock()
        try:
            with self._session.get(request.url, params=dict(request.params), headers={**AGENT, **request.headers},
                                   timeout=(CONNECT, self._read_timeout), stream=True, allow_redirects=False) as answer:
                body = self._body(request, answer, started)
        except requests.RequestException as cause:
            # The exception's own text has the whole address in it, with its key: only its kind is told.
            raise Transient(f"{type(cause).__name__} at {request.url}") from None
        _refuse(request, answer, body)
        return body

    def _body(self, request: Request, answer: requests.Response, started: float) -> bytes:
        body = bytearray()
        for chunk in answer.iter_content(16 * 1024):
            body += chunk
            if len(body) > LARGEST:
                raise SourceError(request.source, f"the answer is larger than {LARGEST} bytes")
            if self._clock() - started > WHOLE:
                raise Transient(f"the answer was not complete after {WHOLE:.0f} s")
        return bytes(body)


def _refuse(request: Request, answer: requests.Response, body: bytes) -> None:
    status = answer.status_code
    if status == 429 or status >= 500:
        raise Transient(f"HTTP {status}", wait=_seconds(answer.headers.get("Retry-After", "")))
    if status != 200:
        text = " ".join(body[:200].decode("utf-8", "replace").split())
        raise SourceError(request.source, masked(f"HTTP {status}: {text}", request.secrets))


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() and len(text) < 6 else 0.0


def pause(attempt: int, wish: float, jitter: float) -> float:
    """Exponential, and spread out: many hosts must not come back at the same moment."""
    backoff = FIRST_PAUSE * float(2 ** attempt) * (0.5 + jitter)
    return float(min(LONGEST_PAUSE, max(wish, backoff)))


def masked(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        for form in (secret, quote(secret, safe=""), quote(secret), quote_plus(secret)):
            text = text.replace(form, "***")
    return text
