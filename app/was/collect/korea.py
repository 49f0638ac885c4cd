"""Provinces of Korea: data.go.kr ODMS_COVID_04, one request a day, XML. Errors come with HTTP 200 and a code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.was.collect import answers
from app.was.collect.door import Door, Request
from app.was.collect.rows import Batch, ProvinceRow, SourceError
from app.was.environment import Environment
from app.was.places import PROVINCE_BY_GUBUN

NORMAL, NO_DATA = "00", "03"


@dataclass(frozen=True)
class Korea:
    name: str = "korea"

    def gather(self, door: Door, environment: Environment, days: list[date]) -> Iterator[Batch]:
        key = environment.source_keys().korea_service_key
        for wanted in days:
            yield read(door(request(environment.korea_url, key, wanted)), wanted)


def request(url: str, key: str, wanted: date) -> Request:
    if not key:
        raise SourceError("korea", "there is no service key: set COKO_KOREA_SERVICE_KEY or COKO_SOURCES_SECRET_ARN")
    params = {"serviceKey": key, "apiType": "xml", "std_day": wanted.isoformat()}
    return Request(source="korea", url=url, params=params, secrets=(key,))


def read(body: bytes, wanted: date) -> Batch:
    document = answers.xml("korea", body)
    _refuse_gateway_errors(document)
    code = str(answers.inside(document, "response", "header", "resultCode") or "none")
    if code == NO_DATA:
        return Batch()
    if code.zfill(2) != NORMAL:
        message = answers.inside(document, "response", "header", "resultMsg")
        raise SourceError("korea", f"result code {code}: {answers.shown(str(message))}")
    items = answers.several(answers.inside(document, "response", "body", "items", "item"))
    rows = [row for row in map(_row, items) if row and row.day == wanted]
    return Batch(tuple(rows), left_out=len(items) - len(rows))


def _refuse_gateway_errors(document: dict[str, Any]) -> None:
    """What the portal's gateway says before the service is reached: unregistered keys, limits."""
    header = answers.inside(document, "OpenAPI_ServiceResponse", "cmmMsgHeader")
    if header is not None:
        code = answers.inside(header, "returnReasonCode")
        text = answers.inside(header, "returnAuthMsg") or answers.inside(header, "errMsg")
        raise SourceError("korea", f"reason code {code}: {answers.shown(str(text))}")


def _row(item: dict[str, Any]) -> ProvinceRow | None:
    place = PROVINCE_BY_GUBUN.get(str(item.get("gubun", "")).strip())

    def number(name: str) -> int | None:
        return answers.count("korea", name, item.get(name))

    total = number("defCnt")
    if place is None or total is None or total < 0:
        return None
    return ProvinceRow(
        day=answers.day("korea", "stdDay", item.get("stdDay")), province=place.code, total=total,
        new=number("incDec") or 0, new_local=number("localOccCnt") or 0, new_imported=number("overFlowCnt") or 0,
        deaths=max(0, number("deathCnt") or 0), released=_known(number("isolClearCnt")),
        isolated=_known(number("isolIngCnt")), rate=answers.ratio("korea", "qurRate", item.get("qurRate")),
    )


def _known(number: int | None) -> int | None:
    return number if number is not None and number >= 0 else None
