"""Plain scalars mean what they mean to the official agent's YAML; errors name the file and the line."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from rehearsal.agent import psych
from rehearsal.agent.errors import UnreadableAppSpecError
from rehearsal.agent.ruby import Symbol

SCALARS: dict[str, object] = {
    "0.0": 0.0,
    "0": 0,
    "00": 0,
    "0644": 420,
    "0755": 493,
    "644": 644,
    "-7": -7,
    "+7": 7,
    "08": "08",
    "0o17": "0o17",
    "0x1F": 31,
    "0b101": 5,
    "1_000": 1000,
    "1,000": 1000,
    "1:30": 5400,
    "1.5": 1.5,
    ".5": 0.5,
    "1.": 1.0,
    ".": ".",
    "1e3": "1e3",
    "1.5e+3": 1500.0,
    ".e+5": ".e+5",
    "~": None,
    "null": None,
    "Null": None,
    "yes": True,
    "ON": True,
    "no": False,
    "Off": False,
    "y": "y",
    "n": "n",
    "truely": "truely",
    "s.sh": "s.sh",
    "/a/b": "/a/b",
    "-": "-",
    "-.inf": -math.inf,
    "+.INF": math.inf,
    ":sym": Symbol("sym"),
    ":": ":",
    "$x": "$x",
}


@pytest.mark.parametrize("text", SCALARS)
def test_plain_scalars(text: str) -> None:
    found = psych.scalar(text)
    assert found == SCALARS[text]
    assert type(found) is type(SCALARS[text])


def test_not_a_number() -> None:
    assert math.isnan(psych.scalar(".nan"))


def parse(text: str) -> object:
    return psych.parse(Path("appspec.yml"), text)


def test_quoted_scalars_are_texts() -> None:
    assert parse("a: '0644'\nb: \"yes\"\nc: !!str 5\nd: |\n  0644\n") == {
        "a": "0644",
        "b": "yes",
        "c": "5",
        "d": "0644\n",
    }


@pytest.mark.parametrize("text", ["", "---\n", "# nothing\n", "~"])
def test_nothing_is_nothing(text: str) -> None:
    assert parse(text) is None


def test_only_the_first_document_counts() -> None:
    assert parse("a: 1\n---\n\tbroken: [\n") == {"a": 1}


def test_lines_are_remembered() -> None:
    found = parse("a: 1\nb:\n  - x\n  - y\n")
    assert isinstance(found, psych.Map)
    assert (found.lines, found["b"].lines) == ({"a": 1, "b": 2}, [3, 4])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\n\tb: 2\n", "appspec.yml line 2, column 1: found character '\\t'"),
        ("a: &x [1]\nb: *x\n", "appspec.yml line 2, column 4: Unknown alias: x"),
        ("a: 1\nb: 2020-01-01\n", "appspec.yml line 2, column 4: Tried to load unspecified class: Date"),
        ("a: 2020-01-01 10:00:00\n", "line 1, column 4: Tried to load unspecified class: Time"),
        ("a: !ruby/object:Object {}\n", "unspecified class"),
        ("a: 1\n? [x]\n: 2\n", "line 2, column 3: a key that is not a scalar"),
        ("a: 1\nb: \x07\n", "line 2: special characters are not allowed (#x0007)"),
        ("a: 1\n- b\n", "appspec.yml line 2"),
        ("[" * 3000, "line 1: nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, said: str) -> None:
    with pytest.raises(UnreadableAppSpecError) as failure:
        parse(text)
    assert said in str(failure.value)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"a: 1\nb: \xff\n", "line 2: not UTF-8"),
        (b"\xef\xbb\xbfversion: 0.0\n", "line 1: a byte order mark"),
        (b"#" * (psych.MAX_BYTES + 1), "too many for an AppSpec file"),
    ],
)
def test_bytes_that_are_no_text(tmp_path: Path, raw: bytes, said: str) -> None:
    (tmp_path / "appspec.yml").write_bytes(raw)
    with pytest.raises(UnreadableAppSpecError) as failure:
        psych.read(tmp_path / "appspec.yml")
    assert str(failure.value).startswith(str(tmp_path / "appspec.yml"))
    assert said in str(failure.value)
