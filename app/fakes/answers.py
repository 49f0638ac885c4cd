"""The portals' answers, byte for byte in their shapes: figures in, XML or JSON out. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from app.fakes.figures import FIRST_DAY, Day, Figures
from app.fakes.papers import articles
from app.was.places import DISTRICTS, ELSEWHERE, PROVINCES, QUARANTINE, TOTAL, Place

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def element(name: str, *children: str) -> str:
    return f"<{name}>{''.join(children)}</{name}>"


def fields(values: Mapping[str, object]) -> str:
    return "".join(element(name, escape(str(value))) for name, value in values.items())


def korea(figures: Figures, day: date, today: date) -> bytes:
    known = FIRST_DAY <= day < today
    items = [_province(place, figures.province(place, day), day) for place in (*PROVINCES, QUARANTINE)] if known else []
    total = [_province(TOTAL, figures.total(day), day)] if known else []
    page = fields({"numOfRows": 500, "pageNo": 1, "totalCount": len(items) + len(total)})
    return korea_envelope("00", "NORMAL SERVICE.", element("body", element("items", *items, *total), page))


def korea_envelope(code: str, message: str, body: str = "") -> bytes:
    header = element("header", fields({"resultCode": code, "resultMsg": message}))
    return (DECLARATION + element("response", header, body)).encode()


def gateway_error(code: str, text: str) -> bytes:
    """The gateway's own envelope: it answers before the service does."""
    words = {"errMsg": "SERVICE ERROR", "returnAuthMsg": text, "returnReasonCode": code}
    return (element("OpenAPI_ServiceResponse", element("cmmMsgHeader", fields(words)))).encode()


def _province(place: Place, known: Day, day: date) -> str:
    rate = f"{known.total / place.people * 100_000:.0f}" if place.people else "-"
    return element("item", fields({
        "deathCnt": known.deaths, "defCnt": known.total, "gubun": "합계" if place is TOTAL else place.ko,
        "gubunCn": place.en, "gubunEn": "Total" if place is TOTAL else place.en, "incDec": known.new,
        "isolClearCnt": known.released, "isolIngCnt": known.isolated, "localOccCnt": known.new - known.imported,
        "overFlowCnt": known.imported, "qurRate": rate, "stdDay": day.isoformat(),
    }))


def seoul(figures: Figures, first: int, last: int, today: date) -> bytes:
    whole = (today - FIRST_DAY).days
    days = [today - timedelta(days=back) for back in range(first, min(last, whole) + 1)]
    result = element("RESULT", fields({"CODE": "INFO-000", "MESSAGE": "정상 처리되었습니다"}))
    rows = [element("row", fields(_districts(figures, day))) for day in days]
    service = element("TbCorona19CountStatusJCG", element("list_total_count", str(whole)), result, *rows)
    return (DECLARATION + service).encode()


def seoul_error(code: str, message: str) -> bytes:
    return (DECLARATION + element("RESULT", fields({"CODE": code, "MESSAGE": message}))).encode()


def _districts(figures: Figures, day: date) -> dict[str, object]:
    columns: dict[str, object] = {"JCG_DT": f"{day:%Y.%m.%d}.00"}
    for place in (*DISTRICTS, ELSEWHERE):
        total, new = figures.district(place, day)
        columns |= {place.code.upper(): total, f"{place.code.upper()}ADD": new}
    return columns


def news_json(figures: Figures, today: date, display: int) -> bytes:
    items = articles(figures, today, display)
    document = {
        "lastBuildDate": items[0]["pubDate"],
        "total": 812_345,
        "start": 1,
        "display": len(items),
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False).encode()


def news_rss(figures: Figures, today: date, display: int) -> bytes:
    items = [element("item", fields(dict(one))) for one in articles(figures, today, display)]
    head = fields({"title": "Naver Open API - news", "lastBuildDate": _noon(today), "total": 812_345, "start": 1,
                   "display": display})
    return (f'{DECLARATION}<rss version="2.0">{element("channel", head, *items)}</rss>').encode()


def news_error(code: str, message: str) -> bytes:
    return json.dumps({"errorMessage": message, "errorCode": code}, ensure_ascii=False).encode()


def _noon(day: date) -> str:
    return format_datetime(datetime(day.year, day.month, day.day, 3, tzinfo=UTC))
