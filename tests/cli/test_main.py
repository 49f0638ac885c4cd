"""`coko` as its users meet it: in a process of its own, through its exit code and what it prints where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.verbs import VERBS
from pipelines.errors import ExitCode


def coko(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cli", *words], capture_output=True, text=True, check=False,
                          cwd=Path(__file__).parents[2], env={**os.environ, **environment})


def test_exit_codes_are_a_promise() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0, "FAILED": 1, "BAD_INPUT": 2, "REFUSED": 3, "UNREACHABLE": 4, "INTERRUPTED": 130,
    }


def test_help_names_every_verb() -> None:
    shown = coko("--help")
    assert shown.returncode == 0
    assert [verb for verb in VERBS if f"  {verb} " not in shown.stdout] == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_the_common_options(verb: str) -> None:
    shown = coko(verb, "--help")
    assert shown.returncode == 0, shown.stderr
    assert "--json" in shown.stdout
    assert "--stack" in shown.stdout


def test_help_imports_no_verb_and_nothing_heavy() -> None:
    program = "import sys; from cli.main import main; main(['--help']); print(sorted(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                           cwd=Path(__file__).parents[2])
    modules = shown.stdout.rsplit("[", 1)[1]
    assert not [heavy for heavy in ("cli.verbs.", "boto3", "pulumi", "django", "rehearsal") if f"'{heavy}" in modules]


@pytest.mark.parametrize("words", [["polcy"], ["completion", "--nonsense"], ["completion", "csh"]])
def test_bad_input_says_what_why_next(words: list[str]) -> None:
    shown = coko(*words)
    assert shown.returncode == ExitCode.BAD_INPUT
    assert shown.stdout == ""
    assert shown.stderr.startswith("error: ")
    assert "  why:  " in shown.stderr
    assert "  next: coko" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_errors_are_json_too() -> None:
    shown = coko("polcy", "--json")
    assert json.loads(shown.stdout)["error"]["exit_code"] == 2


def test_json_and_stack_may_stand_before_the_verb() -> None:
    assert json.loads(coko("--stack", "prod", "--json", "completion", "bash").stdout)["shell"] == "bash"


def test_nothing_is_coloured_when_nobody_watches() -> None:
    shown = coko("polcy")
    assert "\033[" not in shown.stdout + shown.stderr
