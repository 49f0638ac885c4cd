"""Whatever is raised inside a verb ends in words and the right exit code."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.catcher import caught
from cli.terminal import Terminal
from pipelines.errors import ExitCode, Failure


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def raiser(error: BaseException) -> Callable[[], ExitCode]:
    def action() -> ExitCode:
        raise error
    return action


def terminal(as_json: bool = False) -> Terminal:
    return Terminal(io.StringIO(), io.StringIO(), as_json, {})


def test_a_failure_is_shown_with_its_three_parts() -> None:
    screen = terminal()
    code = caught(raiser(Failure("no such stack", why="there is no Pulumi.x.yaml", next="coko settings --stack dev",
                                 exit_code=ExitCode.BAD_INPUT)), screen)
    assert code == 2
    shown = screen.err.getvalue()  # type: ignore[attr-defined]
    assert shown == ("error: no such stack\n  why:  there is no Pulumi.x.yaml\n"
                     "  next: coko settings --stack dev\n")


def test_interruption_has_its_own_code() -> None:
    assert caught(raiser(KeyboardInterrupt()), terminal()) == 130


def test_a_bug_leaves_a_report_not_a_traceback() -> None:
    screen = terminal()
    assert caught(raiser(ZeroDivisionError("boom")), screen) == 1
    shown = screen.err.getvalue()  # type: ignore[attr-defined]
    assert "coko has a bug: ZeroDivisionError: boom" in shown
    assert "Traceback" not in shown
    report = shown.split("the details are in ")[1].split("\n")[0]
    assert "ZeroDivisionError" in Path(report).read_text()


def test_json_errors_go_to_stdout() -> None:
    screen = terminal(as_json=True)
    caught(raiser(Failure("a", why="b", next="c")), screen)
    assert json.loads(screen.out.getvalue())["error"]["what"] == "a"  # type: ignore[attr-defined]


PLAIN: list[dict[str, str]] = [{"NO_COLOR": "1"}, {"TERM": "dumb"}]


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), *((plain, False) for plain in PLAIN)])
def test_colour_is_for_terminals_that_want_it(environment: dict[str, str], coloured: bool) -> None:
    screen = Terminal(Screen(), Screen(), False, environment)
    assert ("\033[" in screen.style("x", "red")) is coloured


def test_tables_line_up() -> None:
    assert terminal().table(["a", "bb"], [["xxx", "y"]]) == "a    bb\nxxx  y"
