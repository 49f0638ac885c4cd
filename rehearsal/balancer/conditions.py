"""A listener's rules in HAProxy's words: the first rule whose conditions hold is chosen, then its action is done.

AWS asks rules in order whatever their actions are, HAProxy does redirects and answers before it routes: so the choice
is made first, in a variable, and everything after it asks only that variable.
"""

from __future__ import annotations

import re

from rehearsal.balancer.model import Condition, FixedResponse, Forward, Redirect, Rule

HOST = "req.hdr(host),field(1,:)"
FETCHES = {"host-header": (HOST, "-m reg -i"), "path-pattern": ("path", "-m reg"), "source-ip": ("src", ""),
           "http-request-method": ("method", "-m str"), "query-string": ("query", "-m reg -i")}
PARTS = {"#{protocol}": "%[ssl_fc,iif(https,http)]", "#{host}": f"%[{HOST}]", "#{port}": "%[dst_port]",
         "#{path}": "%[path,bytes(1)]", "#{query}": "%[query]"}


def quote(text: str) -> str:
    """One word, whatever is in it: nothing is special between HAProxy's single quotes but the quote itself."""
    return "'" + text.replace("'", "'\\''") + "'"


def literal(text: str) -> str:
    """One word that is also a log format, in which % is special."""
    return quote(text.replace("%", "%%"))


def pattern(wildcards: str) -> str:
    """`*` stands for anything, `?` for one character, and nothing else for more than itself."""
    return "^" + "".join({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in wildcards) + "$"


def acls(rule: Rule) -> tuple[list[str], str]:
    """Declarations, and the condition that names them all."""
    lines, names = [], []
    for position, condition in enumerate(rule.conditions):
        names.append(f"r{rule.priority}_{position}")
        lines.append(f"acl {names[-1]} {match(condition)}")
    return lines, " ".join(names)


def match(condition: Condition) -> str:
    if condition.field == "http-header":
        fetch, how = f"req.fhdr({condition.name})", "-m reg -i"
    else:
        fetch, how = FETCHES[condition.field]
    values = [pattern(value) if how.startswith("-m reg") else value for value in condition.values]
    if condition.field == "query-string":
        values = ["(^|&)" + value[1:-1] + "(&|$)" if not value.startswith("^.*") else value for value in values]
    return " ".join([fetch, *([how] if how else []), "--", *map(quote, values)])


def choose(rules: tuple[Rule, ...]) -> list[str]:
    """txn.rule is the priority of the first rule that holds."""
    lines: list[str] = []
    for rule in rules:
        declared, names = acls(rule)
        lines += declared
        unless = "!{ var(txn.rule) -m found }"
        lines.append(f"http-request set-var(txn.rule) str({rule.priority}) if {unless} {names}".rstrip())
    return lines


def act(rule: Rule) -> list[str]:
    """What a rule does by itself; a forward is done by `route`."""
    chosen = f"{{ var(txn.rule) -m str {rule.priority} }}"
    action = rule.action
    if isinstance(action, FixedResponse):
        content = f"content-type {quote(action.content_type or 'text/plain')} string {quote(action.body)}"
        return [f"http-request return status {action.status} {content if action.body else ''} if {chosen}"]
    if isinstance(action, Redirect):
        return _redirect(action, chosen)
    return []


def _redirect(action: Redirect, chosen: str) -> list[str]:
    target = fill(f"{action.protocol.lower()}://{action.host}:{action.port}{action.path}")
    redirect = f"http-request redirect code {action.status} location"
    if not action.query:
        return [f"{redirect} {target} if {chosen}"]
    full = f"{redirect} {target}?{fill(action.query)} if {chosen}"
    if action.query != "#{query}":
        return [full]
    return [f"{full} {{ query -m len gt 0 }}", f"{redirect} {target} if {chosen}"]


def fill(template: str) -> str:
    """A redirect's template as one word of log format."""
    pieces = re.split(r"(#\{\w+\})", template)
    return "".join(PARTS[piece] if piece in PARTS else literal(piece) if piece else "" for piece in pieces)


def route(rule: Rule, backend: str) -> list[str]:
    """Traffic goes to healthy targets; if there are none, to all that were ever asked: that is failing open."""
    if not isinstance(rule.action, Forward):
        return []
    chosen = f"{{ var(txn.rule) -m str {rule.priority} }}"
    return [f"use_backend {backend}-open if {chosen} {open_if(backend)}", f"use_backend {backend} if {chosen}"]


def open_if(backend: str) -> str:
    return f"{{ nbsrv({backend}) eq 0 }} {{ nbsrv({backend}-open) gt 0 }}"
