"""Pages and JSON over HTTP: what they show, what they refuse, how often they ask the database."""

from __future__ import annotations

import json
import warnings
from datetime import timedelta
from typing import Any

import html5lib
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from app.was.figures.models import News, ProvinceDay
from app.was.pages.serve import CACHE
from app.was.pages.texts import EN, KO
from tests.app.conftest import NOW

PAGES = ("/", "/en", "/?range=30", "/?range=365", "/?range=all", "/?day=2022-12-01&sort=rate", "/en?sort=total",
         "/provinces/seoul", "/en/provinces/jeju?range=all", "/seoul", "/en/seoul?sort=new", "/news", "/en/news")
DATA = ("/api/overview", "/api/overview?day=2022-12-01", "/api/provinces/busan?range=all", "/api/seoul", "/api/news")
HOSTILE = (
    "day=2022-13-45",
    "day=20221201",
    "day=2022-W50-1",
    "day=9999-99-99",
    "day=%00",
    "day=<script>alert(1)</script>",
    "day=" + "9" * 4000,
    "range=1e9",
    "range='%20OR%201=1--",
    "sort=__class__",
    "sort=new;DROP",
    "day=٢٠٢٢-١٢-٠١",
)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def body(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_valid_html(filled: None, client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        document = parser.parse(answer.content)
    assert document.get("lang") == ("en" if address.startswith("/en") else "ko")
    assert len(document.findall(".//h1")) == 1
    ids = [element.get("id") for element in document.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("address", PAGES)
def test_no_page_has_script_or_style_in_it(filled: None, client: Client, address: str) -> None:
    answer = client.get(address)
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    for forbidden in (" style=", "<style", " onclick=", " onload=", "<script>", "javascript:"):
        assert forbidden not in body(answer)


@pytest.mark.parametrize("address", [*PAGES, *DATA])
def test_a_page_asks_the_database_a_fixed_number_of_times(filled: None, client: Client, address: str) -> None:
    """At most five, and as many for 120 days as for ten and for an empty database's neighbours."""
    def asked() -> int:
        CACHE.clear()
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    many = asked()
    ProvinceDay.objects.filter(day__lt=NOW.date() - timedelta(days=30)).delete()
    assert asked() == many <= 5


@pytest.mark.parametrize("address", ["/", "/seoul", "/news", "/en"])
def test_before_the_first_run_pages_say_so(sqlite: Any, client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert any(text in body(answer) for text in (KO["no_figures"], KO["no_news"], EN["no_figures"]))


@pytest.mark.parametrize("query", HOSTILE)
@pytest.mark.parametrize("path", ["/", "/seoul", "/api/overview"])
def test_hostile_queries_are_refused_politely(filled: None, client: Client, path: str, query: str) -> None:
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert "<script>alert" not in body(answer)
    assert answer["Cache-Control"] == "no-store"


def test_days_without_figures_are_not_found_and_say_which_there_are(filled: None, client: Client) -> None:
    for address in ("/?day=2019-01-01", "/seoul?day=2030-01-01", "/en?day=2019-01-01"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "2022-12-19" in body(answer)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/nothing", 404),
        ("/provinces/atlantis", 404),
        ("/provinces/total", 404),
        ("/provinces/../etc/passwd", 404),
        ("/api/nothing", 404),
        ("/static/nothing.css", 404),
        ("/static/..%2F..%2Fmanage.py", 404),
        ("/provinces/" + "a" * 3000, 404),
    ],
)
def test_what_is_not_there_is_not_found(filled: None, client: Client, address: str, status: int) -> None:
    assert client.get(address).status_code == status


def test_only_reading_is_allowed(filled: None, client: Client) -> None:
    for address in ("/", "/api/overview"):
        answer = client.post(address, {"x": 1})
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert client.head("/").status_code == 200


def test_a_strangers_title_stays_text(filled: None, client: Client) -> None:
    News.objects.create(
        key="x",
        title='<img src=x onerror=alert(1)>"&',
        summary="<script>alert(2)</script>",
        source="x.kr",
        link='https://x.kr/"onmouseover="alert(3)',
        published=NOW + timedelta(days=1),
    )
    CACHE.clear()
    text = body(client.get("/news"))
    assert "&lt;img src=x onerror=alert(1)&gt;&quot;&amp;" in text
    assert "<img" not in text
    assert "<script>alert" not in text
    assert '"onmouseover=' not in text


def test_the_old_addresses_lead_to_the_new_ones(client: Client) -> None:
    assert client.get("/News")["Location"] == "/news"
    assert client.get("/regions?get_data=서울")["Location"] == "/provinces/seoul"
    for strange in ("", "합계", "https://evil.example", "검역"):
        assert client.get("/regions", {"get_data": strange})["Location"] == "/"


def test_browsers_need_not_read_again_what_has_not_changed(filled: None, client: Client) -> None:
    first = client.get("/")
    for tag in (first["ETag"], f'W/{first["ETag"]}'):
        again = client.get("/", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
    assert client.get("/?day=2022-12-01", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_json_has_the_same_figures_as_the_page(filled: None, client: Client) -> None:
    overview = client.get("/api/overview").json()
    total = overview["total"]
    assert f"{total['new']:,}" in body(client.get("/"))
    assert total["new"] == sum(one["new"] for one in overview["provinces"])
    series = client.get("/api/provinces/total?range=30").json()["days"]
    assert len(series) == 30
    assert series[-1] == {"day": overview["day"], "new": total["new"]}
    seoul = next(one for one in overview["provinces"] if one["code"] == "seoul")
    assert sum(one["new"] for one in client.get("/api/seoul").json()["districts"]) == seoul["new"]
    assert json.loads(client.get("/api/overview?day=x").content)["why"] == EN["bad_day"]


def test_both_languages_say_the_same_things() -> None:
    assert set(KO) == set(EN)
    for name in KO:
        assert KO[name].count("{") == EN[name].count("{") or name == "people", name


def test_static_files_are_kept_for_ever_and_other_releases_names_are_answered(client: Client, filled: None) -> None:
    address = next(
        part for part in body(client.get("/")).split('"') if part.startswith("/static/coko") and part.endswith(".css")
    )
    ours = client.get(address)
    assert "immutable" in ours["Cache-Control"]
    other = client.get("/static/coko.0123456789.css")
    assert (other.status_code, other["Cache-Control"], other.content) == (200, "no-cache", ours.content)


def test_a_broken_page_is_told_with_its_number_and_without_its_cause(filled: None, client: Client) -> None:
    """A row that no code of ours could have written: the page fails, the stranger learns a number."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE figures_provinceday SET total = 'secret' WHERE province = 'total'")
    CACHE.clear()
    answer = client.get("/", headers={"X-Request-Id": "abc<123"})
    assert answer.status_code == 500
    assert "abc123" in body(answer)
    assert "secret" not in body(answer)
    assert "Traceback" not in body(answer)


def test_without_its_tables_a_page_is_away_for_a_while(sqlite: Any, client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE figures_refresh")
    answer = client.get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert client.get("/api/overview").json()["error"] == EN["problem_503"]
    assert client.get("/livez").status_code == 200
    assert client.get("/metrics").status_code == 200
