"""The door against real sockets: retries, patience, limits, and no key in any message."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.fakes.portals import Portals
from app.fakes.server import served
from app.was.collect import korea, news, seoul
from app.was.collect.door import HttpDoor, Request, masked, pause
from app.was.collect.rows import SourceError
from app.was.environment import SourceKeys
from tests.app.conftest import TODAY

KEY = "fake-korea-key+/="


@pytest.fixture
def base(portals: Portals) -> Iterator[str]:
    with served(portals) as address:
        yield address


def door(naps: list[float] | None = None) -> HttpDoor:
    return HttpDoor(sleep=(naps if naps is not None else []).append, jitter=lambda: 0.5, read_timeout=0.3)


def ask(base: str, key: str = KEY) -> Request:
    return korea.request(f"{base}/1352000/ODMS_COVID_04/callCovid04Api", key, TODAY)


def test_a_request_reaches_each_portal_as_it_wants_it(base: str) -> None:
    keys = SourceKeys(naver_client_id="i", naver_client_secret="fake-naver-secret")
    assert b"resultCode" in door()(ask(base))
    assert b"JCG_DT" in door()(seoul.request(base, "fakeseoulkey", 5))
    assert b"items" in door()(news.request(f"{base}/v1/search/news.json", keys))
    assert b"<rss" in door()(news.request(f"{base}/v1/search/news.xml", keys))


@pytest.mark.parametrize(
    ("fault", "words", "asked"), [("down", "HTTP 502", 4), ("busy", "HTTP 429", 4), ("huge", "larger", 1)]
)
def test_what_may_pass_is_tried_again_and_what_may_not_is_not(
    base: str, portals: Portals, fault: str, words: str, asked: int
) -> None:
    portals.faults["korea"] = fault
    naps: list[float] = []
    with pytest.raises(SourceError) as caught:
        door(naps)(ask(base))
    assert words in caught.value.why
    assert len(portals.asked) == asked
    assert len(naps) == asked - 1


def test_it_recovers_when_the_portal_does(base: str, portals: Portals) -> None:
    portals.faults["korea"] = "down"
    mending = HttpDoor(sleep=lambda _: portals.faults.clear(), jitter=lambda: 0.0)
    assert b"resultCode" in mending(ask(base))
    assert len(portals.asked) == 2


def test_pauses_grow_are_spread_out_and_heed_the_portal() -> None:
    assert [pause(attempt, 0, 0.5) for attempt in range(4)] == [0.5, 1.0, 2.0, 4.0]
    assert pause(0, 0, 0.0) < pause(0, 0, 0.99)
    assert pause(0, 12, 0.5) == 12
    assert pause(0, 99_999, 0.5) == 30


def test_a_refusal_is_told_without_its_key() -> None:
    """`Connection refused` has the whole address in its text, and the address has the key."""
    for request in (ask("http://127.0.0.1:1"), seoul.request("http://127.0.0.1:1", "secret-of-seoul", 5)):
        with pytest.raises(SourceError) as caught:
            door()(request)
        assert "ConnectionError" in caught.value.why
        assert caught.value.__cause__ is None
        for secret in (KEY, "fake-korea-key", "secret-of-seoul"):
            assert secret not in str(caught.value)


def test_a_refused_client_is_told_without_its_secret(base: str) -> None:
    keys = SourceKeys(naver_client_id="my-id", naver_client_secret="my-secret")
    with pytest.raises(SourceError) as caught:
        door()(news.request(f"{base}/v1/search/news.json", keys))
    assert "HTTP 401" in caught.value.why
    assert "024" in caught.value.why
    assert "my-" not in str(caught.value) + repr(news.request(base, keys))


def test_every_form_of_a_key_is_masked() -> None:
    assert masked("a+/= a%2B%2F%3D a%2B/%3D", ("a+/=",)) == "*** *** ***"


class Slow(BaseHTTPRequestHandler):
    """Accepts and says nothing; or redirects to where the keys must not follow."""

    def do_GET(self) -> None:
        if self.path.startswith("/elsewhere"):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
        else:
            threading.Event().wait(1.2)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture
def slow() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_silent_portal_is_given_up(slow: str) -> None:
    naps: list[float] = []
    with pytest.raises(SourceError) as caught:
        door(naps)(Request(source="korea", url=slow))
    assert "ReadTimeout" in caught.value.why
    assert len(naps) == 3


def test_redirects_are_not_followed(slow: str) -> None:
    with pytest.raises(SourceError, match="korea") as caught:
        door()(Request(source="korea", url=f"{slow}/elsewhere"))
    assert "HTTP 302" in caught.value.why
