"""`coko policy`: asks every rule of the pack about a stack's program, before anything is built.

Nothing is created and AWS is not called: the program is run and what it would make is read as data.
"""

from __future__ import annotations

import argparse
import gc
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.stacks import load_settings
from cli.terminal import Terminal
from pipelines.errors import ExitCode

if TYPE_CHECKING:
    from infra.policy.rule import Answer, Rule
    from infra.settings import Settings

STYLES = {"pass": "green", "fail": "red", "n/a": "dim"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--directory", type=Path, default=Path(), metavar="DIR",
                        help="where the Pulumi.<stack>.yaml files are (default: here)")
    parser.add_argument("--rules", action="store_true", help="list the rules, as docs/policy.md has them; ask nothing")


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    if arguments.rules:
        return list_rules(terminal)
    resources, answers = evaluate(load_settings(arguments.stack, arguments.directory))
    counts: Counter[str] = Counter(answer.result for answer in answers)
    terminal.result(as_data(arguments.stack, resources, counts, answers),
                    as_text(arguments.stack, resources, counts, answers, terminal))
    if not counts["fail"]:
        return ExitCode.DONE
    terminal.say(f"refused: {_rules(counts['fail'])} of stack {arguments.stack} failed\n"
                 f"  why:  the findings above say what is wrong with which resource, and what to write instead\n"
                 f"  next: mend them, then: coko policy --stack {arguments.stack}")
    return ExitCode.REFUSED


def list_rules(terminal: Terminal) -> ExitCode:
    from infra.policy.rules import RULES

    terminal.result({"rules": [described(rule) for rule in RULES]}, catalogue(RULES))
    return ExitCode.DONE


def evaluate(settings: Settings) -> tuple[int, list[Answer]]:
    """Imported here: with the recording comes the whole program, which takes a second that other verbs do not need."""
    from infra.policy.recording import record
    from infra.policy.rules import ask_all

    program = record(settings)
    gc.freeze()         # nothing of the program is ever garbage: the process's end need not look through it
    return sum(1 for _ in program.cloud()), ask_all(program)


def as_data(stack: str, resources: int, counts: Mapping[str, int], answers: Sequence[Answer]) -> dict[str, Any]:
    rules = [{
        **described(answer.rule), "checked": answer.checked, "result": answer.result,
        "findings": [{"resource": one.resource, "what": one.what, "fix": one.fix} for one in answer.findings],
    } for answer in answers]
    return {"stack": stack, "resources": resources, "passed": counts["pass"], "failed": counts["fail"],
            "not_applicable": counts["n/a"], "rules": rules}


def described(rule: Rule) -> dict[str, Any]:
    return {"id": rule.id, "title": rule.title, "severity": rule.severity, "controls": rule.controls,
            "production_only": rule.production_only}


def catalogue(rules: Sequence[Rule]) -> str:
    rows = [f"| {rule.id} | {rule.title}{' (production)' if rule.production_only else ''} | {rule.severity} "
            f"| {', '.join(rule.controls or ()) or 'none'} |" for rule in rules]
    return "\n".join(["| rule | what it asks | severity | controls |", "|---|---|---|---|", *rows])


def as_text(stack: str, resources: int, counts: Mapping[str, int], answers: Sequence[Answer],
            terminal: Terminal) -> str:
    rows = [(answer.rule.id, answer.rule.title, answer.rule.severity, ", ".join(answer.rule.controls or ()) or "-",
             str(answer.checked), terminal.style(answer.result, STYLES[answer.result])) for answer in answers]
    table = terminal.table(("rule", "what it asks", "severity", "controls", "checked", "result"), rows)
    summary = (f"{_rules(len(answers))} about {resources} resources of stack {stack}: "
               f"{counts['pass']} pass, {counts['fail']} fail, {counts['n/a']} n/a")
    return "\n".join([table, "", *findings(answers, terminal), summary])


def findings(answers: Sequence[Answer], terminal: Terminal) -> list[str]:
    lines: list[str] = []
    for answer in answers:
        if answer.findings:
            lines.append(terminal.style(f"{answer.rule.id} {answer.rule.title}", "bold"))
        for one in answer.findings:
            lines.append(f"  {one.resource} {one.what}\n    fix: {one.fix}")
    return [*lines, ""] if lines else []


def _rules(count: int) -> str:
    return f"{count} rule" if count == 1 else f"{count} rules"
