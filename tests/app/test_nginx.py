"""The web tier in real nginx: static for ever, tiers in any order, a page when the WAS is away, health that no
release moves.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.web import install
from app.web.manifest import files, manifest
from tests.app import nginx, servers

CSS = manifest(files())["coko.css"]
AWAY = "127.0.0.1:1"


@pytest.fixture
def host(tmp_path: Path) -> nginx.WebHost:
    return nginx.WebHost(tmp_path)


@pytest.fixture
def was(filled_file: Path, tmp_path: Path) -> Iterator[int]:
    shutil.copy(filled_file, tmp_path / "coko.sqlite3")
    with servers.gunicorn({"COKO_DATABASE_FILE": str(tmp_path / "coko.sqlite3")}, tmp_path) as port:
        yield port


def test_both_tiers_together(host: nginx.WebHost, was: int) -> None:
    host.release("r-1", f"127.0.0.1:{was}")
    with nginx.started(host) as site:
        page = requests.get(f"{site}/", headers={"X-Forwarded-Proto": "https"}, timeout=20)
        assert page.status_code == 200
        assert CSS in page.text
        assert page.headers["Content-Encoding"] == "gzip"
        assert "max-age" in page.headers["Strict-Transport-Security"]
        for header in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Request-Id"):
            assert ", " not in page.headers[header] or header == "Content-Security-Policy"
        assert requests.get(f"{site}/", headers={"If-None-Match": page.headers["ETag"]}, timeout=20).status_code == 304
        assert_static(site)
        assert_inside_is_inside(site)
        assert_clients_are_seen(site, host)


def assert_static(site: str) -> None:
    for zipped in ("gzip", "identity"):
        style = requests.get(f"{site}/static/{CSS}", headers={"Accept-Encoding": zipped}, timeout=20)
        assert style.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert style.headers.get("Content-Encoding", "identity") == zipped
        assert style.headers["Content-Type"] == "text/css; charset=utf-8"
        assert style.content == files()["coko.css"]
    other = requests.get(f"{site}/static/coko.0123456789.css", timeout=20)
    assert (other.status_code, other.headers["Cache-Control"], other.content) == (200, "no-cache", files()["coko.css"])
    assert requests.get(f"{site}/static/../release.json", timeout=20).status_code == 404
    assert requests.get(f"{site}/version/web", timeout=20).json() == {"release": "r-1"}
    assert requests.get(f"{site}/version", timeout=20).json()["tier"] == "was"


def assert_inside_is_inside(site: str) -> None:
    for path in ("/readyz", "/livez", "/metrics", "/away.html", "/nginx/site.conf", "/bundle.json"):
        assert requests.get(site + path, timeout=20).status_code == 404, path
    assert requests.post(site, data="x" * 100_000, timeout=20).status_code == 413


def assert_clients_are_seen(site: str, host: nginx.WebHost) -> None:
    """The balancer's word counts, what a client puts before it does not."""
    requests.get(f"{site}/news", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}, timeout=20)
    log = (host.base / "gunicorn.log").read_text()
    assert "client=203.0.113.9" in next(line for line in log.splitlines() if " /news " in line)


def test_while_the_was_is_away_people_get_a_page_and_balancers_a_yes(host: nginx.WebHost) -> None:
    host.release("r-1", AWAY)
    with nginx.started(host) as site:
        page = requests.get(site, timeout=20)
        assert (page.status_code, page.headers["Retry-After"], page.headers["Cache-Control"]) == (503, "10", "no-store")
        assert "잠시만 기다려 주세요" in page.content.decode()
        assert CSS in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert requests.get(f"{site}/static/{CSS}", timeout=20).status_code == 200
        assert requests.get(f"{site}/healthz", timeout=20).text == "ok\n"


def test_a_host_is_healthy_before_its_first_release(host: nginx.WebHost) -> None:
    with nginx.started(host) as site:
        assert requests.get(f"{site}/healthz", timeout=20).status_code == 200
        assert requests.get(site, timeout=20).status_code == 404 or "nginx" in requests.get(site, timeout=20).text


def test_a_release_cannot_take_the_health_check_over(host: nginx.WebHost) -> None:
    """Whatever a release writes about /healthz, nginx refuses it: the hook's `nginx -t` fails, the old release
    stays.
    """
    release = host.release("r-1", AWAY)
    with nginx.started(host):
        site = release / "nginx/site.conf"
        site.write_text(site.read_text() + "location = /healthz { return 503; }\n")
        checked = subprocess.run(
            ["/usr/sbin/nginx", "-t", "-e", str(host.base / "e"), "-c", str(host.base / "nginx.conf")],
            capture_output=True,
            text=True,
        )
        assert checked.returncode != 0
        assert "duplicate location" in checked.stderr


def test_the_site_does_nothing_before_locations_are_chosen(host: nginx.WebHost) -> None:
    """A rewrite or return outside of a location would come before /healthz."""
    text = (host.release("r-1", AWAY) / "nginx/site.conf").read_text()
    depth = 0
    for line in text.splitlines():
        code = line.split("#")[0]
        assert not (depth == 0 and code.split()[:1] and code.split()[0] in ("rewrite", "return")), line
        depth += code.count("{") - code.count("}")
    assert "healthz" not in "".join(line.split("#")[0] for line in text.splitlines())


@pytest.mark.parametrize(("upstream", "hosts", "rendered"), [
    ("was.internal:8000", "", "was.internal:8000"), ("10.0.0.5:8000", "", "10.0.0.5:8000"),
    ("was.internal:8000", "10.0.0.9 other was.internal # comment\n", "10.0.0.9:8000"),
    ("was.internal:8000", "::1 was.internal\n", "was.internal:8000"),
])
def test_the_upstream_is_a_name_that_nginx_can_resolve(upstream: str, hosts: str, rendered: str) -> None:
    assert install.upstream(upstream, hosts) == rendered


@pytest.mark.parametrize(
    "text", ["", "was", "was:0", "was:99999", "http://was:80", "was:80; return 200", "was:80\nroot /"]
)
def test_a_setting_that_is_wrong_is_named(text: str) -> None:
    with pytest.raises(install.Refused, match="COKO_WAS_UPSTREAM"):
        install.upstream(text, "")


def test_resolvers_and_networks_are_checked() -> None:
    assert install.resolvers("", "search x\nnameserver 10.0.0.2\nnameserver fd00::2\n") == "10.0.0.2 [fd00::2]"
    assert install.trusted("10.0.0.0/24, 10.0.1.0/24") == "set_real_ip_from 10.0.0.0/24;\nset_real_ip_from 10.0.1.0/24;"
    for wrong in ("10.0.0.0/99", "everyone"):
        with pytest.raises(install.Refused, match="COKO_TRUSTED_PROXIES"):
            install.trusted(wrong)
    with pytest.raises(install.Refused, match="COKO_RESOLVER"):
        install.resolvers("", "")


def test_checking_a_web_release_touches_nothing(host: nginx.WebHost) -> None:
    release = host.release("r-1", AWAY)
    for path in (release / "nginx").glob("*.conf"):
        path.unlink()
    assert install.main(["--check"], release, host.base / "etc") == 0
    assert list((release / "nginx").glob("*.conf")) == []
    (host.base / "etc/coko/environment").write_text("# nothing\n")
    assert install.main(["--check"], release, host.base / "etc") == 1
    assert json.loads((release / "bundle.json").read_text())["tier"] == "web"


def test_nginx_and_django_promise_the_same_protection() -> None:
    from app.was.pages.protection import POLICY

    assert install.POLICY == POLICY
