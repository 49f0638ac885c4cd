"""The picture of a stack, drawn from the recorded program: what it shows is what would be built.

`make diagrams` writes docs/architecture.svg and the Mermaid picture in the README; a test says when they are stale.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from infra.policy.recording import Recorded, Recording

INGRESS = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
PARTS = {"coko-alb": "alb", "coko-web": "web", "coko-inner-nlb": "nlb", "coko-was": "was", "coko": "database",
         "coko-jenkins": "jenkins"}
ROW, COLUMN, LEFT, TOP, PAD = 112, 250, 40, 96, 14
COLOURS = {"public": "#e8f3ec", "private": "#e9eff9", "database": "#f6eee6"}
MARK = re.compile(r"(<!-- diagram -->\n).*?(<!-- /diagram -->)", re.S)


@dataclass(frozen=True)
class Connection:
    source: str
    target: str
    port: int


def connections(recording: Recording) -> list[Connection]:
    """Who opens connections to whom, read from the security groups' rules."""
    groups = recording.of("ec2/securityGroup:SecurityGroup")
    names = {group.outputs["id"]: PARTS[group.name] for group in groups if group.name in PARTS}
    found = [Connection(names.get(rule.inputs.get("referencedSecurityGroupId"), "internet"),
                        names[rule.inputs["securityGroupId"]], rule.inputs["fromPort"])
             for rule in recording.of(INGRESS)
             if rule.inputs["securityGroupId"] in names and not rule.inputs.get("cidrIpv6")]
    return sorted(found, key=lambda c: (list(PARTS.values()).index(c.target), c.port))


def describe(recording: Recording) -> dict[str, str]:
    """Each part in a few words, with the program's own values."""
    settings = recording.settings
    words = {"internet": "internet", "alb": "ALB · TLS 1.2/1.3" + (" · WAF" if settings.edge.waf else ""), "nlb": "NLB"}
    for name, tier, what in (("web", settings.web, "nginx"), ("was", settings.was, "Django, gunicorn")):
        fleets = " + ".join(_fleet(group) for group in recording.of("autoscaling/group:Group")
                            if group.name.startswith(f"coko-{name}-"))
        words[name] = f"{name}: {what} · {tier.instance_type} · {fleets}"
    database = recording.one("rds/instance:Instance", "coko").inputs
    zones = "Multi-AZ" if database["multiAz"] else "single AZ"
    words["database"] = f"MySQL {database['engineVersion']} · {database['instanceClass']} · {zones}"
    words["jenkins"] = f"Jenkins · {settings.jenkins.instance_type}"
    return words


def _fleet(group: Recorded) -> str:
    return f"{group.name.rsplit('-', 1)[1]} {group.inputs['minSize']}–{group.inputs['maxSize']}"


def mermaid(recording: Recording) -> str:
    words, ways = describe(recording), connections(recording)
    shown = ["internet", *dict.fromkeys(way.target for way in ways)]
    shape = {"internet": '(("{}"))', "database": '[("{}")]'}
    nodes = [f"  {part}" + shape.get(part, '["{}"]').format(words[part]) for part in shown]
    merged: dict[tuple[str, str], list[str]] = {}
    for way in ways:
        merged.setdefault((way.source, way.target), []).append(str(way.port))
    arrows = [f"  {source} -->|{', '.join(ports)}| {target}" for (source, target), ports in merged.items()]
    return "\n".join(["```mermaid", "flowchart LR", *nodes, *arrows, "```"]) + "\n"


def svg(recording: Recording) -> str:
    subnets = recording.of("ec2/subnet:Subnet")
    zones = sorted({subnet.inputs["availabilityZone"] for subnet in subnets})
    width, height = LEFT + COLUMN * len(zones) + 40, TOP + ROW * 4 + 70
    body = [_text(LEFT, 34, f"COKO, stack {recording.stack}", size=18, weight=600),
            _text(LEFT, 56, f"VPC {recording.one('ec2/vpc:Vpc', 'coko').inputs['cidrBlock']}, "
                                  f"{len([*recording.cloud()])} resources", fill="#555")]
    body += [_text(LEFT + COLUMN * place + 10, TOP - 12, zone, fill="#555") for place, zone in enumerate(zones)]
    nat = {gateway.inputs["subnetId"] for gateway in recording.of("ec2/natGateway:NatGateway")}
    body += [_subnet(subnet, zones, " · NAT" if subnet.outputs["id"] in nat else "") for subnet in subnets]
    body += _parts(recording, len(zones))
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="Architecture of stack {recording.stack}" font-family="system-ui, sans-serif">')
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#fff"/>', ARROW, *body, "</svg>"]) + "\n"


ARROW = ('<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
         '<path d="M0 0 8 4 0 8z" fill="#345"/></marker></defs>')


def _subnet(subnet: Recorded, zones: list[str], more: str) -> str:
    kind = subnet.name.split("-")[1]
    row = {"public": (0, 1), "private": (1, 2), "database": (3, 1)}[kind]
    x = LEFT + COLUMN * zones.index(subnet.inputs["availabilityZone"])
    y, height = TOP + ROW * row[0], ROW * row[1] - PAD
    label = f"{kind} {subnet.inputs['cidrBlock']}{more}"
    return (f'<rect x="{x}" y="{y}" width="{COLUMN - PAD}" height="{height}" rx="6" fill="{COLOURS[kind]}"/>'
            + _text(x + 10, y + 18, label, size=11, fill="#555"))


def _parts(recording: Recording, zones: int) -> list[str]:
    """What spans the zones: a bar for each part, and arrows with the ports that the security groups open."""
    words, span = describe(recording), COLUMN * zones - PAD - 40
    rows = {"alb": TOP + 30, "web": TOP + ROW + 30, "was": TOP + 2 * ROW + 14, "database": TOP + 3 * ROW + 36}
    bars = [_bar(LEFT + 20, y, span, words[part]) for part, y in rows.items()]
    ways = {way.target: way.port for way in connections(recording)}
    middle = LEFT + COLUMN * zones - 70       # clear of the subnets' labels
    bars.append(_arrow(middle, TOP - 62, rows["alb"], ""))
    https = "internet, HTTPS 443 (80 is redirected)"
    bars.append(_text(middle - 8, TOP - 50, https, size=11, fill="#345", anchor="end"))
    bars.append(_arrow(middle, rows["alb"] + 44, rows["web"], f"{ways['web']}"))
    bars.append(_arrow(middle, rows["web"] + 44, rows["was"], f"NLB, {ways['was']}"))
    bars.append(_arrow(middle, rows["was"] + 44, rows["database"], f"{ways['database']}"))
    notes = ["CodeDeploy ← S3 releases", "CloudWatch → SNS → mail"]
    notes += [words["jenkins"] + " (private, TLS at the ALB)"] if recording.settings.jenkins.enabled else []
    return bars + [_text(LEFT, TOP + 4 * ROW + 18 + 18 * place, note, fill="#333") for place, note in enumerate(notes)]


def _bar(x: int, y: int, width: int, label: str) -> str:
    return (f'<rect x="{x}" y="{y}" width="{width}" height="44" rx="6" fill="#fff" stroke="#345" stroke-width="1.4"/>'
            + _text(x + 14, y + 27, label, size=13, weight=600))


def _arrow(x: int, top: int, bottom: int, label: str) -> str:
    return (f'<path d="M{x} {top}V{bottom - 3}" stroke="#345" stroke-width="1.6" marker-end="url(#a)"/>'
            + _text(x - 8, (top + bottom) // 2 - 2, label, size=11, fill="#345", anchor="end"))


def _text(x: int, y: int, words: str, *, size: int = 12, fill: str = "#123", weight: int = 400,
          anchor: str = "start") -> str:
    return (f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{fill}" text-anchor="{anchor}">'
            f'{escape(words)}</text>')


def write(recording: Recording, repository: Path) -> None:
    (repository / "docs" / "architecture.svg").write_text(svg(recording))
    readme = repository / "README.md"
    readme.write_text(with_diagram(readme.read_text(), recording))


def with_diagram(readme: str, recording: Recording) -> str:
    return MARK.sub(lambda found: found[1] + mermaid(recording) + found[2], readme)
