"""Who asks for what with which key, answered as the portals would; and the ways in which portals fail, on request."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import parse_qs, urlsplit

from app.fakes import answers
from app.fakes.figures import Figures

KOREA_PATH = "/1352000/ODMS_COVID_04/callCovid04Api"
SEOUL_PATH = re.compile(r"/([^/]+)/xml/TbCorona19CountStatusJCG/(\d+)/(\d+)/?")
NEWS_PATH = re.compile(r"/v1/search/news\.(json|xml)")
KEYS = {"korea": "fake-korea-key+/=", "seoul": "fakeseoulkey", "news": "fake-naver-secret"}


@dataclass(frozen=True)
class Answer:
    body: bytes
    status: int = 200
    kind: str = "application/xml;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)


JSON = "application/json;charset=UTF-8"
BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;">]><a>&y;</a>'
FAULTS: dict[str, Answer] = {
    "down": Answer(b"<html><body>Bad Gateway</body></html>", status=502, kind="text/html"),
    "busy": Answer(
        answers.news_error("012", "Rate limit exceeded."), status=429, kind=JSON, headers={"Retry-After": "1"}
    ),
    "limit": Answer(answers.gateway_error("22", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR")),
    "garbage": Answer("<html>점검 중입니다".encode(), kind="text/html"),
    "bomb": Answer(BOMB),
    "huge": Answer(b"<a>" + b"x" * (5 * 1024 * 1024) + b"</a>"),
}


@dataclass
class Portals:
    figures: Figures
    today: Callable[[], date]
    keys: Mapping[str, str] = field(default_factory=lambda: dict(KEYS))
    faults: dict[str, str] = field(default_factory=dict)        # source → one of FAULTS
    asked: list[str] = field(default_factory=list)              # the sources, in order: what a test counts

    def answer(self, address: str, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(address)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.path == KOREA_PATH:
            return self._faulty("korea") or self._korea(query)
        if found := SEOUL_PATH.fullmatch(parts.path):
            return self._faulty("seoul") or self._seoul(found[1], int(found[2]), int(found[3]))
        if found := NEWS_PATH.fullmatch(parts.path):
            return self._faulty("news") or self._news(found[1], query, headers)
        return Answer(b"not found", status=404, kind="text/plain")

    def _faulty(self, source: str) -> Answer | None:
        self.asked.append(source)
        return FAULTS.get(self.faults.get(source, ""))

    def _korea(self, query: Mapping[str, str]) -> Answer:
        if query.get("serviceKey") != self.keys["korea"]:
            return Answer(answers.gateway_error("30", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR"))
        try:
            day = date.fromisoformat(query.get("std_day", ""))
        except ValueError:
            return Answer(answers.korea_envelope("10", "INVALID_REQUEST_PARAMETER_ERROR"))
        return Answer(answers.korea(self.figures, day, self.today()))

    def _seoul(self, key: str, first: int, last: int) -> Answer:
        if key != self.keys["seoul"]:
            return Answer(answers.seoul_error("INFO-100", "인증키가 유효하지 않습니다."))
        if last - first >= 1000:
            return Answer(answers.seoul_error("ERROR-336", "데이터요청은 한번에 최대 1000건을 넘을 수 없습니다."))
        return Answer(answers.seoul(self.figures, first, last, self.today()))

    def _news(self, form: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        given = {name.lower(): value for name, value in headers.items()}
        if not given.get("x-naver-client-id") or given.get("x-naver-client-secret") != self.keys["news"]:
            return Answer(answers.news_error("024", "Authentication failed"), status=401, kind=JSON)
        if not query.get("query"):
            return Answer(answers.news_error("SE01", "Incorrect query request"), status=400, kind=JSON)
        display = int(query.get("display", "10"))
        if form == "json":
            return Answer(answers.news_json(self.figures, self.today(), display), kind=JSON)
        return Answer(answers.news_rss(self.figures, self.today(), display), kind="text/xml; charset=utf-8")
