"""What a client sees of an ALB: redirects, TLS, rules, fixed answers, what targets are told."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
from collections.abc import Iterator

import pytest

from rehearsal.balancer.model import FixedResponse, Forward, Redirect
from tests.rehearsal.balancer.hosts import Host
from tests.rehearsal.balancer.lab import (
    CERTIFICATE,
    GROUP,
    Lab,
    balancer,
    eventually,
    free_port,
    get,
    group,
    listener,
    rule,
    rules,
)

OTHER = GROUP.replace("/web/", "/jenkins/")
NOTHING = FixedResponse(404, "text/plain", "Nothing lives at this name. 100 % 'sure'")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, int, int]]:
    """What the program makes: 80 → 301 → 443, rules by host, path and source, a 404 for every other name.

    The secure listener is reached through a socket that HAProxy inherits, as the site is from the host's loopback.
    """
    lab = Lab(tmp_path_factory.mktemp("site"))
    plain, secure, held = free_port(), free_port(), socket.create_server(("127.0.0.1", 0))
    lab.sockets[secure] = held.fileno()
    web, jenkins = Host("web"), Host("jenkins")
    routed = rules(
        NOTHING,
        rule(10, Forward(OTHER), host_header=["jenkins.coko.test"], path_pattern=["/github-webhook/*"],
             source_ip=["192.0.2.0/24", "127.0.0.2/32"]),
        rule(15, FixedResponse(403, "text/plain", "no"), path_pattern=["/priv?te/*"]),
        rule(20, Forward(GROUP), host_header=["coko.test", "*.stage.coko.test"]),
        rule(30, Redirect(302, path="/moved/#{path}"), host_header=["old.coko.test"]))
    lab.run(balancer(listener(plain, *rules(Redirect(301, protocol="HTTPS", port="443"))),
                     listener(secure, *routed, protocol="HTTPS", certificates=(CERTIFICATE,)), logged=True,
                     drop_invalid_headers=True),
            groups=[group(web.target), group(jenkins.target, arn=OTHER)])
    lab.until_healthy("web")
    lab.until_healthy("jenkins", arn=OTHER)
    yield lab, plain, held.getsockname()[1]
    lab.close()
    held.close()
    for one in (web, jenkins):
        one.stop()


def test_http_is_sent_to_https_with_host_path_and_query(site: tuple[Lab, int, int]) -> None:
    _, plain, _ = site
    answer = get(plain, "/a/b?c=d&e=%20", "coko.test:80")
    assert (answer.status, answer.headers["location"]) == (301, "https://coko.test:443/a/b?c=d&e=%20")
    assert get(plain, "/").headers["location"] == "https://coko.test:443/"


def test_the_certificate_is_the_rehearsals(site: tuple[Lab, int, int]) -> None:
    lab, _, secure = site
    assert get(secure, trust=lab.trust()).told["host"] == "web"
    assert get(secure, host="jenkins.coko.test", trust=lab.trust()).status == 404      # on the certificate, not routed
    with pytest.raises(ssl.SSLCertVerificationError):
        get(secure, trust=ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        get(secure, host="another.test", trust=lab.trust())


def test_old_tls_is_refused(site: tuple[Lab, int, int]) -> None:
    lab, _, secure = site
    old = lab.trust()
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("DEFAULT@SECLEVEL=0")       # else this client would refuse by itself
    with pytest.raises(ssl.SSLError, match="ALERT"):
        get(secure, trust=old)


def test_http2_is_spoken(site: tuple[Lab, int, int]) -> None:
    lab, _, secure = site
    said = subprocess.run(
        ["curl", "--silent", "--show-error", "--http2", "--cacert", str(lab.service.authority.certificate),
         "--resolve", f"coko.test:{secure}:127.0.0.1", "--write-out", "\n%{http_version}",
         f"https://coko.test:{secure}/two"], capture_output=True, text=True, check=True).stdout
    assert said.endswith("\n2")
    assert '"path": "/two"' in said


def test_rules_choose_by_host_path_and_source_in_order(site: tuple[Lab, int, int]) -> None:
    lab, _, secure = site

    def ask(path: str, host: str, source: str = "127.0.0.1") -> tuple[int, str]:
        plain = lab.trust()
        plain.check_hostname = False
        answer = get(secure, path, host, source=source, trust=plain)
        return answer.status, answer.told["host"] if answer.status == 200 else answer.text
    hook = "/github-webhook/x"
    assert ask(hook, "jenkins.coko.test", "127.0.0.2") == (200, "jenkins")
    assert ask(hook, "jenkins.coko.test") == (404, NOTHING.body)                # another source
    assert ask("/login", "jenkins.coko.test", "127.0.0.2") == (404, NOTHING.body)
    assert ask("/", "COKO.test") == (200, "web")                                # names have no case, paths do
    assert ask("/GITHUB-webhook/x", "jenkins.coko.test", "127.0.0.2") == (404, NOTHING.body)
    assert ask("/", "a.stage.coko.test") == (200, "web")
    assert ask("/private/x", "coko.test") == (403, "no")                        # the rule before the forward
    assert ask("/privte/x", "coko.test") == (200, "web")
    assert ask("/", "cokoxtest") == (404, NOTHING.body)                         # a dot is a dot


def test_a_redirects_own_path_is_filled_in(site: tuple[Lab, int, int]) -> None:
    lab, _, secure = site
    answer = get(secure, "/x?y", "old.coko.test", trust=lab.trust())
    assert (answer.status, answer.headers["location"]) == (302, f"https://old.coko.test:{secure}/moved/x?y")


def test_targets_are_told_what_an_alb_tells(site: tuple[Lab, int, int]) -> None:
    lab, _, secure = site
    told = get(secure, trust=lab.trust(), headers={"X-Forwarded-For": "198.51.100.7", "Bad_Name": "1"}).told["headers"]
    headers = {name.lower(): value for name, value in told.items()}
    assert headers["x-forwarded-for"] == "198.51.100.7, 127.0.0.1"
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("https", str(next(iter(lab.sockets))))
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", headers["x-amzn-trace-id"])
    assert "bad_name" not in headers
    given = get(secure, trust=lab.trust(), headers={"X-Amzn-Trace-Id": "Root=mine"}).told["headers"]
    assert {name.lower(): value for name, value in given.items()}["x-amzn-trace-id"] == "Root=mine"


LINE = re.compile(r'(\S+) (\S+) (\S+) ([\d.]+:\d+) (\S+) (\S+) (\S+) (\S+) (\d+) (\S+) (\d+) (\d+) "([^"]*)" "([^"]*)" '
                  r'(\S+) (\S+) (\S+) "([^"]*)" "([^"]*)" "([^"]*)" (\S+) (\S+) "([^"]*)" "([^"]*)" "([^"]*)" '
                  r'"([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" (\S+)')


def test_requests_are_logged_as_an_alb_does(site: tuple[Lab, int, int]) -> None:
    lab, plain, secure = site
    log = next(lab.directory.glob("app.front.*")) / "access.log"
    get(secure, '/logged?q=1', trust=lab.trust(), headers={"User-Agent": 'a "quoted" \\ agent'})
    get(plain, "/logged")
    get(secure, "/logged", "nobody.coko.test", trust=lab.trust())
    eventually(lambda: log.exists() and log.read_text().count("/logged") >= 3, lambda: str(log.read_text()))
    found = [LINE.fullmatch(line) for line in log.read_text().splitlines()]
    assert all(found), log.read_text()
    forwarded, redirected, fixed = [one.groups() for one in found if one and "/logged" in one[13]][:3]
    assert forwarded[0] == "https"
    assert forwarded[2] == "app/front/fedcba9876543210"
    assert forwarded[4].startswith("127.0.0.1:")
    assert (forwarded[8], forwarded[9]) == ("200", "200")
    assert forwarded[12] == f"GET https://coko.test:{next(iter(lab.sockets))}/logged?q=1 HTTP/1.1"
    assert forwarded[13] == "a \\x22quoted\\x22 \\x5C agent"
    assert forwarded[15].startswith("TLSv1.")
    assert (forwarded[16], forwarded[18], forwarded[19]) == (GROUP, "coko.test", CERTIFICATE)
    assert (forwarded[20], forwarded[22]) == ("20", "forward")
    assert (redirected[0], redirected[4], redirected[8], redirected[9]) == ("http", "-", "301", "-")
    assert (redirected[20], redirected[22]) == ("0", "redirect")
    assert redirected[23] == "https://coko.test:443/logged"
    assert (fixed[8], fixed[20], fixed[22]) == ("404", "0", "fixed-response")
