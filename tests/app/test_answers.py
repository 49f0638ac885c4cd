"""What portals send, friendly and hostile: every shape is either rows or an error that names the source and
the cause.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fakes import answers as fake
from app.fakes.figures import Figures
from app.fakes.portals import BOMB
from app.was.collect import answers, korea, news, seoul
from app.was.collect.rows import Batch, DistrictRow, NewsRow, ProvinceRow, SourceError
from app.was.places import DISTRICT_BY_CODE, PROVINCE_BY_CODE

DAY = date(2022, 12, 1)
LATER = date(2022, 12, 5)


def item(**fields: object) -> str:
    return fake.element("item", fake.fields({"gubun": "서울", "defCnt": "100", "stdDay": "2022-12-01", **fields}))


def envelope(*items: str) -> bytes:
    return fake.korea_envelope("00", "NORMAL SERVICE.", fake.element("body", fake.element("items", *items)))


def test_korea_reads_every_province(figures: Figures) -> None:
    batch = korea.read(fake.korea(figures, DAY, LATER), DAY)
    rows = {row.province: row for row in batch.rows if isinstance(row, ProvinceRow)}
    assert set(rows) == set(PROVINCE_BY_CODE)
    assert rows["total"].new == sum(row.new for code, row in rows.items() if code != "total")
    assert rows["quarantine"].rate is None
    assert batch.left_out == 0


@pytest.mark.parametrize(("items", "count"), [([], 0), ([item()], 1), ([item(), item(gubun="부산")], 2)])
def test_korea_reads_none_one_and_several_items(items: list[str], count: int) -> None:
    assert len(korea.read(envelope(*items), DAY).rows) == count


def test_korea_reads_empty_and_dashed_numbers_as_unknown() -> None:
    (row,) = korea.read(envelope(item(incDec="-", deathCnt="", isolIngCnt="-", qurRate="-")), DAY).rows
    assert isinstance(row, ProvinceRow)
    assert (row.new, row.deaths, row.isolated, row.rate) == (0, 0, None, None)


def test_korea_counts_what_it_leaves_out() -> None:
    batch = korea.read(
        envelope(item(), item(gubun="평양"), item(gubun="부산", defCnt="-"), item(stdDay="2022-11-30")), DAY
    )
    assert (len(batch.rows), batch.left_out) == (1, 3)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (fake.korea_envelope("30", "SERVICE KEY IS NOT REGISTERED ERROR."), "30"),
        (fake.korea_envelope("99", "UNKNOWN"), "99"),
        (fake.gateway_error("22", "LIMITED NUMBER OF SERVICE REQUESTS EXCEEDS ERROR"), "22"),
        (b"<html><body>maintenance</body></html>", "none"),
        (b"", "not XML"),
        (b"{}", "not XML"),
        (b"\xff\xfe<\x00", "UTF-8"),
        (BOMB, "entities"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "entities"),
        (b"<a>" * 5000 + b"</a>" * 5000, "deeper"),
        (envelope(item(defCnt="1e9")), "defCnt"),
        (envelope(item(defCnt="9" * 30)), "defCnt"),
        (envelope(item(qurRate="NaN")), "qurRate"),
        (envelope(item(qurRate="1e30")), "qurRate"),
        (envelope(item(stdDay="2022-13-45")), "stdDay"),
        (envelope(item(defCnt="<b>1</b>")), "defCnt"),
    ],
)
def test_korea_refuses_with_the_cause(body: bytes, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        korea.read(body, DAY)
    assert words in caught.value.why
    assert "korea" in caught.value.what


def test_a_day_without_data_is_no_error() -> None:
    assert korea.read(fake.korea(Figures(), LATER, LATER), LATER).rows == ()
    assert korea.read(fake.korea_envelope("03", "NODATA_ERROR"), DAY).rows == ()


def test_seoul_turns_columns_into_rows(figures: Figures) -> None:
    rows = [row for row in seoul.read(fake.seoul(figures, 1, 3, LATER)).rows if isinstance(row, DistrictRow)]
    assert {row.day for row in rows} == {date(2022, 12, 2), date(2022, 12, 3), date(2022, 12, 4)}
    assert {row.district for row in rows} == set(DISTRICT_BY_CODE)
    seoul_new = figures.province(PROVINCE_BY_CODE["seoul"], date(2022, 12, 4)).new
    assert sum(row.new for row in rows if row.day == date(2022, 12, 4)) == seoul_new


def test_seoul_reads_a_single_row_and_no_data(figures: Figures) -> None:
    assert len(seoul.read(fake.seoul(figures, 1, 1, LATER)).rows) == len(DISTRICT_BY_CODE)
    assert seoul.read(fake.seoul_error("INFO-200", "해당하는 데이터가 없습니다.")).rows == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (fake.seoul_error("INFO-100", "인증키가 유효하지 않습니다."), "INFO-100"),
        (fake.seoul_error("ERROR-500", "서버 오류"), "ERROR-500"),
        (b"<a/>", "none"),
        (BOMB, "entities"),
        (
            fake.element(
                "TbCorona19CountStatusJCG",
                "<RESULT><CODE>INFO-000</CODE></RESULT><row><JCG_DT>2022.12.01.00</JCG_DT><X>1</X></row>",
            ).encode(),
            "columns",
        ),
    ],
)
def test_seoul_refuses_with_the_cause(body: bytes, words: str) -> None:
    with pytest.raises(SourceError, match="seoul") as caught:
        seoul.read(body)
    assert words in caught.value.why


def test_news_reads_the_same_from_json_and_rss(figures: Figures) -> None:
    as_json, as_rss = (news.read(form(figures, LATER, 10)) for form in (fake.news_json, fake.news_rss))
    assert as_json == as_rss
    assert len(as_json.rows) == 10
    assert all("<b>" not in row.title and "&quot;" not in row.title for row in as_json.rows if isinstance(row, NewsRow))


def article(**fields: object) -> dict[str, object]:
    return {"title": "제목", "description": "내용", "originallink": "https://paper.kr/1", "link": "https://n.kr/1",
            "pubDate": "Mon, 05 Dec 2022 12:00:00 +0900", **fields}


def read(*items: dict[str, object]) -> tuple[NewsRow, ...]:
    return tuple(row for row in news.read(json.dumps({"items": items}).encode()).rows if isinstance(row, NewsRow))


def test_news_keeps_text_and_drops_marks() -> None:
    (row,) = read(article(title="<b>코로나</b> &lt;script&gt;alert(1)&lt;/script&gt; &amp;amp;\x00\u202e끝"))
    assert row.title == "코로나 <script>alert(1)</script> &amp; 끝"       # text now: templates escape it
    assert row.published == datetime(2022, 12, 5, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "fields",
    [
        {"originallink": "javascript:alert(1)", "link": "data:text/html,x"},
        {"originallink": "", "link": ""},
        {"originallink": "http://[", "link": None},
        {"originallink": "https://x/" + "a" * 3000, "link": ""},
        {"pubDate": "yesterday"},
        {"pubDate": None},
        {"title": "<b></b>"},
        {"title": 7},
        {"pubDate": "Mon, 05 Dec 9999 12:00:00 +0900"},
    ],
)
def test_news_leaves_out_what_it_cannot_use(fields: dict[str, object]) -> None:
    batch = news.read(json.dumps({"items": [article(**fields), article()]}).encode())
    assert (len(batch.rows), batch.left_out) == (1, 1)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (fake.news_error("024", "Authentication failed"), "024"),
        (b"{}", "items"),
        (b'{"items": 3}', "items"),
        (b"nothing", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"<result><errorCode>SE01</errorCode></result>", "SE01"),
        (b"<x/>", "channel"),
        (b"\xff", "JSON"),
    ],
)
def test_news_refuses_with_the_cause(body: bytes, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        news.read(body)
    assert words in caught.value.why


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_answer_whatsoever_ends_in_anything_but_rows_or_a_source_error(body: bytes) -> None:
    readers: list[Callable[[bytes], Batch]] = [lambda sent: korea.read(sent, DAY), seoul.read, news.read]
    for read_it in readers:
        with contextlib.suppress(SourceError):      # its cause in words; anything else fails the test
            assert isinstance(read_it(body), Batch)


@given(st.one_of(st.none(), st.text(max_size=40), st.integers()))
def test_counts_are_numbers_that_fit_or_errors(value: object) -> None:
    try:
        number = answers.count("korea", "x", value)
    except SourceError:
        return
    assert number is None or abs(number) <= answers.LARGEST
