"""Security groups: what the rules say, and what really connects."""

from __future__ import annotations

from collections.abc import Iterable

from rehearsal.fleet import sg
from rehearsal.fleet.box import Box, load_rules
from rehearsal.fleet.sg import Rule
from tests.rehearsal.fleet.lab import Lab, eventually, sh

INWARD, OUTWARD = True, False
ALL_OUT = Rule(OUTWARD, cidr="0.0.0.0/0")
RESOLVER = "10.0.0.2"
PORTS = (80, 3306, 8000)


def test_rules_become_lines_and_groups_become_sets() -> None:
    groups = {"sg-web": frozenset({Rule(INWARD, "tcp", (80, 80), group="sg-alb"), ALL_OUT}),
              "sg-more": frozenset({Rule(INWARD, "udp", (1000, 2000), cidr="10.1.0.0/16"),
                                    Rule(INWARD, "tcp", (443, 443), cidr="::/0"),
                                    Rule(OUTWARD, "tcp", (443, 443), prefixes=("203.0.113.10/32",))})}
    text = sg.render(groups, ("sg-web", "sg-more"), {"sg-alb": frozenset({"10.0.0.20", "10.0.0.10"})}, RESOLVER)
    assert "set sg_alb { type ipv4_addr; elements = { 10.0.0.10, 10.0.0.20 }; }" in text
    assert "ip saddr @sg_alb tcp dport 80 counter accept" in text
    assert "ip saddr 10.1.0.0/16 udp dport 1000-2000 counter accept" in text
    assert "ip daddr 203.0.113.10/32 tcp dport 443 counter accept" in text
    assert "ip daddr 0.0.0.0/0 counter accept" in text
    assert "::" not in text
    assert text.count("policy drop") == 2


def test_only_sets_change_when_members_do() -> None:
    groups = {"sg-web": frozenset({Rule(INWARD, "tcp", (80, 80), group="sg-alb")})}
    before, after = {"sg-alb": frozenset({"10.0.0.1"})}, {"sg-alb": frozenset({"10.0.0.2"})}
    assert sg.membership(groups, ("sg-web",), before, before) == ""
    assert sg.membership(groups, ("sg-web",), before, after) == (
        "delete element inet sg sg_alb { 10.0.0.1 }\nadd element inet sg sg_alb { 10.0.0.2 }\n")


def reached(one: Box, targets: Iterable[tuple[Box, int]]) -> set[tuple[str, int]]:
    """Which of the targets take a real connection and answer it; all are tried at once."""
    tries = [f"(timeout 0.7 bash -c 'exec 3<>/dev/tcp/{two.where.ip}/{port} && read -r line <&3 "
             f"&& [ $line = here ] && echo {two.where.ip} {port}' 2>/dev/null) &" for two, port in targets]
    words = [line.split() for line in sh(one, "\n".join([*tries, "wait"])).splitlines()]
    return {(ip, int(port)) for ip, port in words}


def reaches(one: Box, two: Box, port: int) -> bool:
    return bool(reached(one, [(two, port)]))


def listening(box: Box, *ports: int) -> Box:
    serve = ("import socketserver as s, sys; H = type('H', (s.BaseRequestHandler,), "
             "{'handle': lambda self: self.request.sendall(b'here\\n')}); s.TCPServer.allow_reuse_address = True; "
             "s.ThreadingTCPServer(('', int(sys.argv[1])), H).serve_forever()")
    for port in ports:
        sh(box, f'setsid /usr/bin/python3 -ISc "{serve}" {port} >/dev/null 2>&1 & disown')
        eventually(lambda port=port: reaches(box, box, port))  # type: ignore[misc]
    return box


def test_the_reachability_of_a_three_tier_system_by_real_connections(lab: Lab) -> None:
    """ALB → web → WAS → database, each on its port alone, and nothing else."""
    groups = {
        "sg-alb": frozenset({Rule(OUTWARD, "tcp", (80, 80), group="sg-web")}),
        "sg-web": frozenset({Rule(INWARD, "tcp", (80, 80), group="sg-alb"), ALL_OUT}),
        "sg-was": frozenset({Rule(INWARD, "tcp", (8000, 8000), group="sg-web"), ALL_OUT}),
        "sg-db": frozenset({Rule(INWARD, "tcp", (3306, 3306), group="sg-was")}),
    }
    boxes = {group: lab.box() for group in groups}
    listening(boxes["sg-web"], 80, 8000)
    listening(boxes["sg-was"], 80, 8000)
    listening(boxes["sg-db"], 3306)
    listening(boxes["sg-alb"], 80)
    members = {group: frozenset({box.where.ip}) for group, box in boxes.items()}
    for group, box in boxes.items():
        load_rules(box.pid, sg.render(groups, (group,), members, lab.vpc.resolver))
    expected = {("sg-alb", "sg-web", 80), ("sg-web", "sg-was", 8000), ("sg-was", "sg-db", 3306)}
    names = {box.where.ip: group for group, box in boxes.items()}
    found = {(one, names[ip], port) for one in boxes
             for ip, port in reached(boxes[one], [(boxes[two], port) for two in boxes if two != one for port in PORTS])}
    assert found == expected
    sh(boxes["sg-alb"], "getent ahostsv4 ip-10-0-64-7.ap-northeast-2.compute.internal")     # names need no rule


def test_a_newcomer_is_admitted_by_a_set_and_shut_out_again(lab: Lab) -> None:
    groups = {"sg-was": frozenset({Rule(INWARD, "tcp", (8000, 8000), group="sg-web")})}
    was, web = listening(lab.box(), 8000), lab.box()
    nobody, one = {"sg-web": frozenset[str]()}, {"sg-web": frozenset({web.where.ip})}
    load_rules(was.pid, sg.render(groups, ("sg-was",), nobody, lab.vpc.resolver))
    assert not reaches(web, was, 8000)
    load_rules(was.pid, sg.membership(groups, ("sg-was",), nobody, one))
    assert reaches(web, was, 8000)
    load_rules(was.pid, sg.membership(groups, ("sg-was",), one, nobody))
    assert not reaches(web, was, 8000)


def test_a_box_has_its_rules_before_its_first_process(lab: Lab) -> None:
    closed = lab.box(rules=sg.render({}, (), {}, lab.vpc.resolver))
    sh(closed, "curl -fsS -m 1 http://203.0.113.10:443/", 28)
    sh(closed, "nft flush ruleset", None)
    sh(closed, "curl -fsS -m 1 http://203.0.113.10:443/", 28)
