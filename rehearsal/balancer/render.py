"""One balancer as haproxy.cfg: pure text from the model.

Targets are told to HAProxy at run time; the text carries only those that are there when it is reloaded. So the text
without targets is the balancer's shape, and only another shape is a reason to reload.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rehearsal.balancer import access_log, conditions
from rehearsal.balancer.model import Balancer, Forward, HealthCheck, Listener, TargetGroup, groups_of

AGENT = "ELB-HealthChecker/2.0"
CONNECT = 10        # seconds: what an ALB gives a target to accept a connection
MODERN = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:" \
         "ECDHE-RSA-AES256-GCM-SHA384"
ADDRESS = "%[bc_dst]:%[bc_dst_port]"    # a check is addressed to the target itself, as AWS's is


@dataclass(frozen=True)
class Where:
    """Where a balancer runs: a prefix that enters its network (`nsenter …`), its addresses, sockets it inherits."""

    addresses: tuple[str, ...] = ("127.0.0.1",)
    prefix: tuple[str, ...] = ()
    source: str = ""                                                # the address that targets see
    sockets: Mapping[int, int] = field(default_factory=dict)        # listener's port → a listening descriptor


@dataclass(frozen=True)
class Server:
    """A target as it is in a configuration that is reloaded."""

    backend: str
    name: str
    address: str
    checked: bool


def milliseconds(seconds: float, scale: float) -> int:
    return max(1, round(seconds * 1000 / scale))


def render(balancer: Balancer, groups: Mapping[str, TargetGroup], where: Where, scale: float = 1.0,
           servers: Sequence[Server] = ()) -> str:
    sections = [_global(balancer, scale)]
    for listener in balancer.listeners:
        sections.append(_frontend(balancer, listener, groups, where))
    for group in groups_of(balancer, groups):
        sections += _backends(balancer, group, where, scale, servers)
    return "\n".join("\n    ".join(section) + "\n" for section in sections)


def _global(balancer: Balancer, scale: float) -> list[str]:
    idle = milliseconds(balancer.idle_timeout, scale)
    mode = "http" if balancer.kind == "application" else "tcp"
    connect = milliseconds(CONNECT, scale)
    # retries 0: it is not known that AWS would hide a target's failure, so none is hidden here.
    return ["global", "stats socket unix@admin.sock mode 600 level admin", "server-state-file states", "maxconn 4000",
            "log stdout len 8192 format raw daemon", "tune.ssl.default-dh-param 2048", "defaults", f"mode {mode}",
            "log global", f"timeout connect {connect}", f"timeout client {idle}", f"timeout server {idle}",
            f"timeout http-request {idle}", "retries 0", "load-server-state-from-file global"]


def _frontend(balancer: Balancer, listener: Listener, groups: Mapping[str, TargetGroup], where: Where) -> list[str]:
    lines = [f"frontend {listener.protocol.lower()}-{listener.port}", *_binds(listener, where)]
    if balancer.kind == "network":
        return lines + _passed_on(listener, groups)
    lines += [f"log-format {conditions.quote(access_log.line(listener))}", *access_log.CAPTURES]
    if balancer.drop_invalid_headers:
        lines.append("http-request del-header '[^-A-Za-z0-9]' -m reg")
    lines += conditions.choose(listener.rules)
    for rule in listener.rules:
        lines += conditions.act(rule)
    lines += _told_to_targets(listener)
    for rule in listener.rules:
        lines += conditions.route(rule, _backend_name(rule.action, groups))
    return lines


def _backend_name(action: object, groups: Mapping[str, TargetGroup]) -> str:
    return groups[action.target_group].name if isinstance(action, Forward) else ""


def _passed_on(listener: Listener, groups: Mapping[str, TargetGroup]) -> list[str]:
    backend = _backend_name(listener.rules[-1].action, groups)
    return ["no log", f"use_backend {backend}-open if {conditions.open_if(backend)}", f"default_backend {backend}"]


def _binds(listener: Listener, where: Where) -> list[str]:
    tls = _tls(listener) if listener.protocol == "HTTPS" else ""
    held = where.sockets.get(listener.port)
    places = [f"{address}:{listener.port}" for address in where.addresses] + ([f"fd@{held}"] if held else [])
    return [f"bind {place}{tls}" for place in places]


def _tls(listener: Listener) -> str:
    files = " ".join(f"crt certificates/{certificate_file(arn)}" for arn in listener.certificates)
    oldest = "TLSv1.3" if listener.policy.endswith("TLS13-1-3-2021-06") else "TLSv1.2"
    return f" ssl {files} alpn h2,http/1.1 ssl-min-ver {oldest} ciphers {MODERN}"


def certificate_file(arn: str) -> str:
    return arn.rsplit("/", 1)[-1] + ".pem"


def _told_to_targets(listener: Listener) -> list[str]:
    """The headers that an ALB adds."""
    trace = "Root=1-%[date,hex,bytes(8,8),lower]-%[uuid,regsub(-,,g),bytes(0,24)]"
    forwarded = "http-request set-header X-Forwarded-For"
    return [f"{forwarded} '%[req.fhdr(x-forwarded-for)], %[src]' if {{ req.fhdr(x-forwarded-for) -m found }}",
            f"{forwarded} %[src] unless {{ req.fhdr(x-forwarded-for) -m found }}",
            f"http-request set-header X-Forwarded-Proto {listener.protocol.lower()}",
            f"http-request set-header X-Forwarded-Port {listener.port}",
            f"http-request set-header X-Amzn-Trace-Id {trace} unless {{ req.hdr(x-amzn-trace-id) -m found }}",
            "http-request set-var(txn.trace) req.hdr(x-amzn-trace-id)"]


def _backends(balancer: Balancer, group: TargetGroup, where: Where, scale: float,
              servers: Sequence[Server]) -> list[list[str]]:
    source = [f"source {where.source}"] if where.source else []
    common = ["balance roundrobin", *source]
    if balancer.kind == "application" and group.protocol == "HTTP":
        common.append("option http-keep-alive")
    timeout = f"timeout check {milliseconds(group.check.timeout, scale)}"
    return [[f"backend {group.name}", *common, timeout, *_expectation(group.check),
             *_servers(group, group.name, scale, servers)],
            [f"backend {group.name}-open", *common, *_servers(group, f"{group.name}-open", scale, servers)]]


def _expectation(check: HealthCheck) -> list[str]:
    if check.protocol == "TCP":
        return []
    headers = f"hdr host '{ADDRESS}' hdr user-agent {AGENT} hdr connection close"
    return ["option httpchk", f"http-check send meth GET uri {conditions.quote(check.path)} ver HTTP/1.1 {headers}",
            f"http-check expect status {check.codes}"]


def _servers(group: TargetGroup, backend: str, scale: float, servers: Sequence[Server]) -> list[str]:
    return [f"server {one.name} {one.address} {checking(group, scale) if one.checked else ''} {encryption(group)}"
            .rstrip() for one in servers if one.backend == backend]


def checking(group: TargetGroup, scale: float) -> str:
    check = group.check
    port = f" port {check.port}" if check.port else ""
    tls = " check-ssl verify none" if check.protocol == "HTTPS" else ""
    return (f"check inter {milliseconds(check.interval, scale)} rise {check.healthy} fall {check.unhealthy}"
            f"{port}{tls}")


def encryption(group: TargetGroup) -> str:
    return "ssl verify none" if group.protocol == "HTTPS" else ""


def shape(balancer: Balancer, groups: Mapping[str, TargetGroup], where: Where, scale: float = 1.0) -> str:
    """What a reload would be needed for: the configuration, and how each target is checked."""
    checks = {group.name: checking(group, scale) for group in groups_of(balancer, groups)}
    return render(balancer, groups, where, scale) + json.dumps(checks, sort_keys=True)
