"""The access log: HAProxy writes one JSON object a request, which becomes one line in the format of an ALB.

Fields that have no meaning here are `-`, as AWS writes them when they have none there.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from rehearsal.balancer.model import Balancer, Forward, Listener, Redirect

CAPTURES = ["http-request set-var(txn.agent) req.fhdr(user-agent)", "http-request set-var(txn.host) req.hdr(host)",
            "http-request set-var(txn.url) url", "http-after-response set-var(txn.location) res.hdr(location)"]
TIMES = {"request": "%TR", "queue": "%Tw", "connect": "%Tc", "response": "%Tr", "all": "%Ta", "idle": "%Ti",
         "handshake": "%Th"}
NUMBERS = {"accepted": "%Ts.%ms", "status": "%ST", "received": "%U", "sent": "%B", "port": "%cp", **TIMES}
WORDS = {"client": "%ci", "server": "%s", "server_ip": "%si", "server_port": "%sp", "state": "%ts", "method": "%HM",
         "version": "%HV", "backend": "%b", "cipher": "%sslc", "tls": "%sslv", "rule": "%[var(txn.rule)]",
         "agent": "%[var(txn.agent),json(utf8s)]", "host": "%[var(txn.host),json(utf8s)]",
         "url": "%[var(txn.url),json(utf8s)]", "trace": "%[var(txn.trace),json(utf8s)]",
         "sni": "%[ssl_fc_sni,json(utf8s)]", "location": "%[var(txn.location),json(utf8s)]"}


def line(listener: Listener) -> str:
    """HAProxy's log format for a listener."""
    fixed = {"listener": listener.protocol.lower(), "listening": str(listener.port)}
    words = "".join(f',"{key}":"{value}"' for key, value in {**fixed, **WORDS}.items())
    numbers = ",".join(f'"{key}":"{value}"' for key, value in NUMBERS.items())
    return "{" + numbers + words + "}"


def parse(text: str) -> dict[str, str] | None:
    """A request; None for anything else that HAProxy says."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    is_request = isinstance(found, dict) and "accepted" in found
    return {key: str(value) for key, value in found.items()} if is_request else None


def alb(seen: dict[str, str], balancer: Balancer, groups: dict[str, str], certificates: tuple[str, ...]) -> str:
    """One line. `groups` are target groups' ARNs by their names in HAProxy."""
    target = f"{seen['server_ip']}:{seen['server_port']}" if _reached(seen) else "-"
    code = seen["status"] if _answered(seen) else "-"
    secure = seen["listener"] == "https"
    created, action = _created(seen), _action(seen, balancer)
    kind = ("h2" if seen["version"] == "HTTP/2.0" else "https") if secure else "http"
    words = [
        kind, _stamp(created + _seconds(seen["all"])), balancer.suffix, f"{seen['client']}:{seen['port']}", target,
        *_processing(seen), seen["status"], code, seen["received"], seen["sent"], _quoted(_request(seen)),
        _quoted(seen["agent"]), seen["cipher"] if secure else "-", seen["tls"] if secure else "-",
        groups.get(seen["backend"].removesuffix("-open"), "-"), _quoted(seen["trace"]),
        _quoted(seen["sni"] if secure else ""), _quoted(certificates[0] if certificates else ""),
        _priority(seen["rule"]), _stamp(created), _quoted(action),
        _quoted(seen["location"] if action == "redirect" else ""), _quoted(""), _quoted(target), _quoted(code),
        _quoted(""), _quoted(""), "-"]
    return " ".join(words)


def _reached(seen: dict[str, str]) -> bool:
    return int(seen["connect"]) >= 0 and seen["server"] not in ("<NOSRV>", "<STATS>")


def _answered(seen: dict[str, str]) -> bool:
    return _reached(seen) and int(seen["response"]) >= 0


def _processing(seen: dict[str, str]) -> list[str]:
    """Until the target was reached, until its headers came, until all was sent; -1 where it never came to that."""
    if not _answered(seen):
        return ["-1", "-1", "-1"]
    before = _seconds(seen["request"]) + _seconds(seen["queue"]) + _seconds(seen["connect"])
    waited = _seconds(seen["response"])
    after = max(0.0, _seconds(seen["all"]) - before - waited)
    return [f"{each:.3f}" for each in (before, waited, after)]


def _request(seen: dict[str, str]) -> str:
    url = seen["url"]
    if url.startswith("/"):
        host = seen["host"].partition(":")[0]
        url = f"{seen['listener']}://{host}:{seen['listening']}{url}"
    return f"{seen['method']} {url or '-'} {seen['version']}"


def _action(seen: dict[str, str], balancer: Balancer) -> str:
    for listener in balancer.listeners:
        for rule in listener.rules if str(listener.port) == seen["listening"] else ():
            if rule.priority == seen["rule"]:
                found = rule.action
                return "forward" if isinstance(found, Forward) else \
                    "redirect" if isinstance(found, Redirect) else "fixed-response"
    return ""


def _priority(rule: str) -> str:
    return {"default": "0", "": "-1", "-": "-1"}.get(rule, rule)


def _created(seen: dict[str, str]) -> float:
    return float(seen["accepted"]) + _seconds(seen["handshake"]) + _seconds(seen["idle"])


def _seconds(milliseconds: str) -> float:
    return max(0, int(milliseconds)) / 1000


def _stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _quoted(text: Any) -> str:
    """AWS writes what could end a quoted field as an escape."""
    return '"' + (str(text or "-").replace("\\", "\\x5C").replace('"', "\\x22")) + '"'
