"""The end of a log is whole entries, shorter than 2048 characters together; a report's status follows its code."""

from __future__ import annotations

import pytest

from rehearsal.agent import diagnostics
from rehearsal.agent.diagnostics import Code, Diagnostics, ScriptLog


@pytest.mark.parametrize(
    ("lengths", "kept"),
    [
        ([1000, 1047], [1000, 1047]),
        ([1000, 1048], [1048]),
        ([5, 2047], [2047]),
        ([5, 2048], []),
        ([5, 3000, 7], [7]),
        ([2047, 1, 1], [1, 1]),
    ],
)
def test_the_tail(lengths: list[int], kept: list[int]) -> None:
    log = ScriptLog()
    for length in lengths:
        log.append("x" * length)
    assert [len(entry) for entry in log.entries] == kept


def test_characters_are_counted_not_bytes() -> None:
    log = ScriptLog()
    log.append("한" * 2047)
    assert log.text() == "한" * 2047


@pytest.mark.parametrize(("code", "status"), [(Code.SUCCEEDED, "Succeeded"), (Code.OUTPUTS_LEFT_OPEN, "Failed")])
def test_status(code: Code, status: str) -> None:
    assert Diagnostics(code, "", "", "").status == status


def test_the_wire_has_numbers() -> None:
    report = diagnostics.failed_after_restart().as_json()
    assert report == {
        "error_code": 7,
        "script_name": "",
        "message": "Failed: Failing in-progress lifecycle event after an agent restart.",
        "log": "",
    }
    assert type(report["error_code"]) is int
