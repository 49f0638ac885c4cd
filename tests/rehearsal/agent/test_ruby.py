"""Values, paths and commands as the official agent's language has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.agent import ruby
from rehearsal.agent.errors import AgentError


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        (0, "0"),
        (1.0, "1.0"),
        (1e20, "1.0e+20"),
        (1e-7, "1.0e-07"),
        ("a", "a"),
        (float("inf"), "Infinity"),
        (float("nan"), "NaN"),
        ([1, "a", None], '[1, "a", nil]'),
        ({"a": [0.5]}, '{"a"=>[0.5]}'),
        (ruby.Symbol("s"), "s"),
        ([ruby.Symbol("s")], "[:s]"),
        (['a"b\n'], '["a\\"b\\n"]'),
    ],
)
def test_to_s(value: object, shown: str) -> None:
    assert ruby.text(value) == shown


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("30", 30),
        (" 12ab", 12),
        ("abc", 0),
        ("", 0),
        ("1_0", 10),
        ("-5", -5),
        (1.9, 1),
        (7, 7),
        (True, None),
        ([], None),
        (float("nan"), None),
        (ruby.Symbol("3"), None),
    ],
)
def test_to_i(value: object, number: int | None) -> None:
    assert ruby.integer(value) == number


@pytest.mark.parametrize(
    ("path", "parent", "name"),
    [
        ("/a/b", "/a", "b"),
        ("/a/b/", "/a", "b"),
        ("/a", "/", "a"),
        ("a", ".", "a"),
        ("/", "/", "/"),
        ("a/b//", "a", "b"),
    ],
)
def test_parts_of_paths(path: str, parent: str, name: str) -> None:
    assert (ruby.dirname(path), ruby.basename(path)) == (parent, name)


def test_joining_keeps_one_slash() -> None:
    assert [ruby.join("/a/", "/b"), ruby.join("/a", ""), ruby.join("/", "b")] == ["/a/b", "/a/", "/b"]


def test_paths_are_expanded_by_name() -> None:
    assert ruby.expand_path("//a/./b/../c/") == "/a/c"
    assert ruby.expand_path("x") == f"{Path.cwd()}/x"
    assert ruby.expand_path("~root/x") == "/root/x"
    with pytest.raises(AgentError, match="user no-such-user doesn't exist"):
        ruby.expand_path("~no-such-user/x")


def test_a_shell_runs_only_what_needs_one() -> None:
    assert ruby.command("/x/my script.sh") == ["/x/my", "script.sh"]
    assert ruby.command("/x/a;b") == ["/bin/sh", "-c", "/x/a;b"]
