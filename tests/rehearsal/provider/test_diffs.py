"""What changes, and what that means: update, replace, delete first, or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.provider.assets import ASSET, hashed
from rehearsal.provider.diffs import Diff, diff, with_ignored
from rehearsal.provider.events import HIDDEN, Outcome, Step, changes_of, render
from rehearsal.provider.kind import Kind, Made, Naming
from rehearsal.provider.values import SIGNATURE, UNKNOWN, Props


def nothing(*given: Any) -> None:
    return None


THING = Kind(
    urn_type="test:thing:Thing", make=lambda aws, inputs: Made("thing-1"), find=nothing, drop=nothing, tag=nothing,
    fixed="name place", changes={"size rules": nothing, "policy": nothing, "source": nothing}, state_only="force",
    sets="members rules", documents="policy", naming=Naming())
OLD: Props = {"name": "a", "place": "x", "size": 1, "policy": '{"a": 1}', "tags": {"k": "v"}, "tagsAll": {"k": "v"},
              "rules": [{"port": 1, "members": ["p", "q"]}, {"port": 2}]}


def compared(**news: Any) -> Diff:
    return diff(THING, "thing-1", OLD, {name: value for name, value in {**OLD, **news}.items() if value is not None})


@pytest.mark.parametrize("news", [
    {}, {"policy": '{ "a" : 1 }'}, {"rules": [{"port": 2}, {"port": 1, "members": ["q", "p"]}]},
    {"size": 1.0}, {"extra": None}, {"extra": []}, {"extra": {}}, {"rules": [*OLD["rules"][:1], {"port": 2,
                                                                                                 "note": None}]},
])
def test_the_same_said_otherwise_is_no_change(news: Props) -> None:
    assert compared(**news) == Diff()


def test_what_has_an_updater_is_updated() -> None:
    found = compared(size=2, policy='{"a": 2}')
    assert found.changes == {"size": "update", "policy": "update"}
    assert found.replaces == ()


@pytest.mark.parametrize(("news", "path", "how"), [
    ({"place": "y"}, "place", "update"), ({"place": None}, "place", "delete"), ({"name": "b"}, "name", "update"),
])
def test_what_has_none_replaces(news: Props, path: str, how: str) -> None:
    found = compared(**news)
    assert found.changes == {path: how}
    assert found.replaces == (path,)


def test_nested_changes_name_their_path() -> None:
    found = diff(THING, "thing-1", {"rules": [{"port": 1, "to": {"a.b": 1}}]}, {"rules": [{"port": 3,
                                                                                           "to": {"a.b": 2}}]})
    assert found.changes == {"rules[0].port": "update", 'rules[0].to["a.b"]': "update"}


def test_an_empty_section_says_something() -> None:
    olds: Props = {"rules": [{"action": {"allow": {}}}]}
    found = diff(THING, "thing-1", olds, {"rules": [{"action": {"block": {}}}]})
    assert found.changes == {"rules[0].action.allow": "delete", "rules[0].action.block": "add"}


def test_tags_count_once() -> None:
    assert compared(tags={"k": "w"}, tagsAll={"k": "w"}).properties == ("tags", "tagsAll")
    assert compared(tags={}, tagsAll={"k": "v"}) == Diff(), "the tag is a default one now: nothing changes"


def test_a_given_name_cannot_live_twice() -> None:
    assert compared(place="y").delete_first
    made_up = {**OLD, "__defaults": ["name"]}
    assert not diff(THING, "thing-1", made_up, {**made_up, "place": "y", "name": "a-1234567"}).delete_first


def test_an_unknown_value_is_a_change() -> None:
    assert compared(place=UNKNOWN).replaces == ("place",)
    assert compared(size=UNKNOWN).changes == {"size": "update"}


def test_files_are_compared_by_content() -> None:
    one = hashed({SIGNATURE: ASSET, "text": "hello"})
    again, other = ({**hashed({SIGNATURE: ASSET, "text": text}), "path": "/elsewhere"} for text in ("hello", "bye"))
    assert diff(THING, "thing-1", {"source": one}, {"source": again}) == Diff()
    assert diff(THING, "thing-1", {"source": one}, {"source": other}).properties == ("source",)


@pytest.mark.parametrize(("path", "expected"), [
    ("size", {"size": 1, "tags": {"k": "w", "n": "1"}, "rules": [{"port": 9}, {"port": 8}]}),
    ("tags", {"size": 2, "tags": {"k": "v"}, "rules": [{"port": 9}, {"port": 8}]}),
    ('tags["k"]', {"size": 2, "tags": {"k": "v", "n": "1"}, "rules": [{"port": 9}, {"port": 8}]}),
    ("tags.n", {"size": 2, "tags": {"k": "w"}, "rules": [{"port": 9}, {"port": 8}]}),
    ("rules[1].port", {"size": 2, "tags": {"k": "w", "n": "1"}, "rules": [{"port": 9}, {"port": 2}]}),
    ("rules[*].port", {"size": 2, "tags": {"k": "w", "n": "1"}, "rules": [{"port": 1}, {"port": 2}]}),
    ("absent.deep", {"size": 2, "tags": {"k": "w", "n": "1"}, "rules": [{"port": 9}, {"port": 8}]}),
])
def test_ignored_paths_stay_as_they_were(path: str, expected: Props) -> None:
    olds = {"size": 1, "tags": {"k": "v"}, "rules": [{"port": 1}, {"port": 2}]}
    news = {"size": 2, "tags": {"k": "w", "n": "1"}, "rules": [{"port": 9}, {"port": 8}]}
    assert with_ignored(olds, news, [path]) == expected


def test_a_plan_is_readable_and_hides_secrets() -> None:
    found = compared(place="y", size=2)
    changes = changes_of(found, OLD, {**OLD, "place": "y", "size": 2}, ["size"])
    urn = "urn:pulumi:s::p::test:thing:Thing::one"
    text = render(Outcome("s", (Step("replace", urn, changes), Step("same", urn), Step("create", f"{urn}-two"))))
    assert text.splitlines() == ["± test:thing:Thing one", "    place: x → y  (replaces)",
                                 f"    size: {HIDDEN} → {HIDDEN}", "+ test:thing:Thing one-two", "1 create, 1 replace"]
