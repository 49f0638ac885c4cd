"""Whether inputs can be used at all, decided before anything is called; and the inputs as they will be used."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterable, Mapping

from rehearsal.provider.kind import Kind, Problem
from rehearsal.provider.naming import named
from rehearsal.provider.values import Props, has_unknown


def checked(kind: Kind, logical: str, olds: Props, news: Props, seed: bytes,
            region: str, default_tags: Mapping[str, str]) -> tuple[Props, list[Problem]]:
    """The program's inputs with defaults, a name and all tags; and what is wrong with them."""
    given = {name: value for name, value in news.items() if value is not None and name != "__defaults"}
    full = {**kind.defaults, **given}
    if kind.tag:
        tags = given.get("tags", {})
        full["tagsAll"] = {**default_tags, **tags} if isinstance(tags, dict) else tags
    full, problems = named(kind, logical, olds, full, seed)
    return full, [*_refused(kind, given, region), *_missing(kind, full), *_broken_documents(kind, full), *problems,
                  *(problem for check in kind.checks for problem in check(full))]


def _refused(kind: Kind, given: Props, region: str) -> list[Problem]:
    problems = [Problem(name, f"the rehearsal's provider does not implement {name!r} of {kind.urn_type}: add it in "
                              "rehearsal/provider/kinds/, or leave it out")
                for name in sorted(given.keys() - kind.inputs)]
    if given.get("region") not in (None, region):
        problems.append(Problem("region", f"the rehearsal has one region, {region}"))
    return problems


def _missing(kind: Kind, full: Props) -> list[Problem]:
    return [Problem(name, "is required") for name in kind.required.split() if full.get(name) in (None, "", [])]


def _broken_documents(kind: Kind, full: Props) -> list[Problem]:
    problems = []
    for name in kind.documents.split():
        if isinstance(full.get(name), str):
            try:
                json.loads(full[name])
            except ValueError as error:
                problems.append(Problem(name, f"is not JSON: {error}"))
    return problems


def cidr(name: str) -> Callable[[Props], Iterable[Problem]]:
    """A check: `name`, where given, is a network with no host bits set."""
    def check(inputs: Props) -> Iterable[Problem]:
        value = inputs.get(name)
        if isinstance(value, str):
            try:
                ipaddress.ip_network(value)
            except ValueError as error:
                yield Problem(name, f"is not a network: {error}")
    return check


def one_of(name: str, *allowed: str) -> Callable[[Props], Iterable[Problem]]:
    def check(inputs: Props) -> Iterable[Problem]:
        value = inputs.get(name)
        if isinstance(value, str) and value not in allowed:
            yield Problem(name, f"is {value!r}; it must be one of {', '.join(allowed)}")
    return check


def between(name: str, low: float, high: float) -> Callable[[Props], Iterable[Problem]]:
    def check(inputs: Props) -> Iterable[Problem]:
        value = inputs.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and not low <= value <= high:
            yield Problem(name, f"is {value}; it must be between {low} and {high}")
    return check


def exactly_one(*names: str) -> Callable[[Props], Iterable[Problem]]:
    def check(inputs: Props) -> Iterable[Problem]:
        given = [name for name in names if inputs.get(name) is not None]
        if len(given) != 1:
            yield Problem(names[0], f"give exactly one of {', '.join(names)}; given: {', '.join(given) or 'none'}")
    return check


def at_least(name: str, count: int, why: str) -> Callable[[Props], Iterable[Problem]]:
    def check(inputs: Props) -> Iterable[Problem]:
        value = inputs.get(name)
        if isinstance(value, list) and not has_unknown(value) and len(set(map(str, value))) < count:
            yield Problem(name, f"needs at least {count}: {why}")
    return check
