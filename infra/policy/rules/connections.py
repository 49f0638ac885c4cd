"""Who may connect to whom: security groups name each other, and only the public balancer knows the internet."""

from __future__ import annotations

from infra.policy import kinds
from infra.policy.rule import Findings, Pack, Subject
from infra.policy.rules.network import is_the_internet

CONNECTIONS = Pack("SG")
RULES = (kinds.WAY_IN, kinds.WAY_OUT)
REMOTE_CONTROL = (22, 3389)
PUBLIC_PORTS = (80, 443)


@CONNECTIONS.rule(1, "Nobody listens for remote control: no port 22, no 3389, for anybody", severity="critical",
                  controls=("EC2.13", "EC2.14", "EC2.53", "EC2.54", "CIS 5.3", "CIS 5.4"), of=kinds.WAY_IN)
def no_remote_control(rule: Subject) -> Findings:
    for port in REMOTE_CONTROL:
        if admits(rule, port):
            yield rule.finding(f"opens port {port} to {source(rule)}",
                               fix="remove it: sessions go through SSM, with no open port")


@CONNECTIONS.rule(2, "The internet reaches the public balancer on 80 and 443, and nothing else", severity="critical",
                  controls=("EC2.18", "EC2.19"), of=kinds.WAY_IN, where=lambda rule: is_from_anywhere(rule))
def internet_meets_the_balancer(rule: Subject) -> Findings:
    public = {group for balancer in rule.others(kinds.BALANCER) if balancer["internal"] is False
              for group in balancer["securityGroups"]}
    if rule["securityGroupId"] not in public:
        yield rule.finding("admits the whole internet to something that is not the public balancer",
                           fix="name the security group that needs it instead of an address range")
    elif not (rule["fromPort"] == rule["toPort"] and rule["fromPort"] in PUBLIC_PORTS):
        yield rule.finding(f"opens ports {rule['fromPort']} to {rule['toPort']} of the public balancer",
                           fix="leave 80 (redirect) and 443 only")


@CONNECTIONS.rule(3, "Every rule names one protocol and one port", severity="high", controls=None, of=RULES)
def one_port_each(rule: Subject) -> Findings:
    if rule["ipProtocol"] == "-1" or rule["fromPort"] is None or rule["fromPort"] != rule["toPort"]:
        yield rule.finding("lets a range of ports or protocols through", fix="one rule for each port that is needed")


@CONNECTIONS.rule(4, "Every rule says what it is for", severity="low", controls=None, of=RULES)
def described(rule: Subject) -> Findings:
    if not rule["description"]:
        yield rule.finding("has no description", fix="say who connects, and why")


@CONNECTIONS.rule(5, "A connection between two groups is allowed on both sides", severity="medium", controls=None,
                  of=RULES, where=lambda rule: bool(rule["referencedSecurityGroupId"]))
def both_sides(rule: Subject) -> Findings:
    """With one side only it looks open and is closed, or waits to be opened by an unrelated rule."""
    other = kinds.WAY_OUT if rule.resource.type == kinds.WAY_IN else kinds.WAY_IN
    if rule.first(other, securityGroupId=rule["referencedSecurityGroupId"], ipProtocol=rule["ipProtocol"],
                  referencedSecurityGroupId=rule["securityGroupId"], fromPort=rule["fromPort"]) is None:
        yield rule.finding("has no counterpart in the other group", fix="make both with connections.connect()")


@CONNECTIONS.rule(6, "Databases admit security groups only, never addresses", severity="high", controls=("EC2.19",),
                  of=kinds.WAY_IN, where=lambda rule: rule["securityGroupId"] in database_groups(rule))
def databases_know_their_clients(rule: Subject) -> Findings:
    if not rule["referencedSecurityGroupId"]:
        yield rule.finding(f"admits {source(rule)} to the database", fix="name the tier's security group instead")


@CONNECTIONS.rule(7, "Databases open no connections themselves", severity="medium", controls=None, of=kinds.DATABASE)
def databases_stay_home(database: Subject) -> Findings:
    for rule in database.others(kinds.WAY_OUT):
        if rule["securityGroupId"] in (database["vpcSecurityGroupIds"] or []):
            yield rule.finding("lets the database connect elsewhere", fix="remove it: replies need no rule")


@CONNECTIONS.rule(8, "Every rule is a resource of its own, of the one kind that is read here", severity="high",
                  controls=None, of=(kinds.SECURITY_GROUP, kinds.OLD_SECURITY_GROUP_RULE))
def no_hidden_rules(group: Subject) -> Findings:
    """Others would go unseen by this pack, and undo these at every update."""
    if group.resource.type == kinds.OLD_SECURITY_GROUP_RULE or group["ingress"] or group["egress"]:
        yield group.finding("holds rules that nothing here reads", fix="make them with infra/connections.py")


@CONNECTIONS.rule(9, "Every security group is used", severity="low", controls=("EC2.22",), of=kinds.SECURITY_GROUP)
def no_forgotten_group(group: Subject) -> Findings:
    if group.id not in used_groups(group):
        yield group.finding("protects nothing", fix="remove it")


@CONNECTIONS.rule(10, "Balancers open connections to hosts only", severity="high", controls=None, of=kinds.WAY_OUT,
                  where=lambda rule: rule["securityGroupId"] in balancer_groups(rule))
def balancers_talk_to_hosts(rule: Subject) -> Findings:
    if not rule["referencedSecurityGroupId"]:
        yield rule.finding("lets a balancer connect to addresses", fix="name the hosts' security group instead")


def admits(rule: Subject, port: int) -> bool:
    if rule["ipProtocol"] == "-1":
        return True
    first, last = rule["fromPort"], rule["toPort"]
    return bool(first is not None and first <= port <= last)


def is_from_anywhere(rule: Subject) -> bool:
    return is_the_internet(rule["cidrIpv4"], rule["cidrIpv6"])


def source(rule: Subject) -> str:
    return str(rule["referencedSecurityGroupId"] or rule["cidrIpv4"] or rule["cidrIpv6"] or rule["prefixListId"])


def database_groups(subject: Subject) -> set[str]:
    return {group for database in subject.others(kinds.DATABASE) for group in database["vpcSecurityGroupIds"] or []}


def balancer_groups(subject: Subject) -> set[str]:
    return {group for balancer in subject.others(kinds.BALANCER) for group in balancer["securityGroups"] or []}


def used_groups(subject: Subject) -> set[str]:
    hosts = {group for host in subject.others(kinds.LAUNCH_TEMPLATE) for card in host["networkInterfaces"] or []
             for group in card.get("securityGroups", [])}
    others = {group for user in subject.others(kinds.INSTANCE) for group in user["vpcSecurityGroupIds"] or []}
    endpoints = {group for user in subject.others(kinds.ENDPOINT) for group in user["securityGroupIds"] or []}
    return hosts | others | endpoints | database_groups(subject) | balancer_groups(subject)
