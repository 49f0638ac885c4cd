"""News: openapi.naver.com search, JSON or (when the address ends in .xml) RSS. Titles are a stranger's HTML:
made plain here.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from app.was.collect import answers
from app.was.collect.door import Door, Request
from app.was.collect.rows import Batch, NewsRow, SourceError
from app.was.environment import Environment, SourceKeys

QUERY = "코로나 확진자"
DISPLAY = 10
BOLD = re.compile(r"</?b>", re.I)
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+")
LONGEST_LINK = 2000


@dataclass(frozen=True)
class News:
    name: str = "news"

    def gather(self, door: Door, environment: Environment, days: list[date]) -> Iterator[Batch]:
        yield read(door(request(environment.news_url, environment.source_keys())))


def request(url: str, keys: SourceKeys) -> Request:
    if not keys.naver_client_id or not keys.naver_client_secret:
        raise SourceError("news", "there is no client id and secret: set COKO_NAVER_CLIENT_ID and "
                          "COKO_NAVER_CLIENT_SECRET, or COKO_SOURCES_SECRET_ARN")
    headers = {"X-Naver-Client-Id": keys.naver_client_id, "X-Naver-Client-Secret": keys.naver_client_secret}
    params = {"query": QUERY, "display": str(DISPLAY), "sort": "sim"}
    return Request(source="news", url=url, params=params, headers=headers, secrets=tuple(headers.values()))


def read(body: bytes) -> Batch:
    items = _rss(body) if body.lstrip()[:1] == b"<" else _json(body)
    rows = {row.key: row for row in map(_row, items) if row}
    return Batch(tuple(rows.values()), left_out=len(items) - len(rows))


def _rss(body: bytes) -> list[dict[str, Any]]:
    document = answers.xml("news", body)
    if (refusal := answers.inside(document, "result")) is not None:
        raise SourceError("news", refused(refusal))
    if answers.inside(document, "rss", "channel") is None:
        raise SourceError("news", "the answer has no rss/channel")
    return answers.several(answers.inside(document, "rss", "channel", "item"))


def _json(body: bytes) -> list[dict[str, Any]]:
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise SourceError(
            "news", f"the answer is not JSON: {answers.shown(body[:200].decode('utf-8', 'replace'))}"
        ) from None
    if answers.inside(document, "errorCode"):
        raise SourceError("news", refused(document))
    if not isinstance(answers.inside(document, "items"), list):
        raise SourceError("news", "the answer has no items")
    return answers.several(document["items"])


def refused(document: dict[str, Any]) -> str:
    return f"error code {document.get('errorCode')}: {answers.shown(str(document.get('errorMessage')))}"


def _row(item: dict[str, Any]) -> NewsRow | None:
    link = next((url for url in (item.get("originallink"), item.get("link")) if is_web_address(url)), None)
    published = moment(item.get("pubDate"))
    title = plain(item.get("title"))[:300]
    if not link or not published or not title:
        return None
    return NewsRow(
        key=hashlib.sha256(link.encode()).hexdigest(),
        title=title,
        summary=plain(item.get("description"))[:2000],
        link=link,
        source=(urlsplit(link).hostname or "").removeprefix("www.")[:200],
        published=published,
    )


def plain(text: Any) -> str:
    """Text without markup: Naver marks the searched words with <b> and escapes the rest."""
    unescaped = html.unescape(BOLD.sub("", text if isinstance(text, str) else ""))
    return CONTROL.sub(" ", unescaped).encode("utf-8", "ignore").decode().strip()


def is_web_address(url: Any) -> bool:
    """http and https only: a stranger's `javascript:` must not become a link of ours."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        return bool(parts and parts.scheme in ("http", "https") and parts.hostname and len(url) <= LONGEST_LINK
                    and not CONTROL.search(url))
    except ValueError:
        return False


def moment(text: Any) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return found if found.tzinfo and 2000 <= found.year <= 2100 else None
