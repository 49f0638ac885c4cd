"""`coko policy`, as it is called: its table, its JSON, its exit codes, its page in the docs."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from cli.arguments import verb_parser
from cli.catcher import caught
from cli.terminal import Terminal
from cli.verbs import load
from infra.policy.rules import RULES
from tests.infra import ROOT

# Legal settings of a stack that takes every risk it is allowed to take.
RISKY = """
config:
  coko:production: true
  coko:aws: {endpoint: 'http://127.0.0.1:4580'}
  coko:edge: {domain: coko.example.com, waf: false, deletion_protection: false}
  coko:network: {nat: single}
  coko:web: {instances: {min: 1, desired: 1, max: 2}, strategy: one_at_a_time}
  coko:database: {backup_days: 1}
  coko:alarms: {mail: [on-call@example.com]}
"""
REFUSED = {"NET-7", "EDGE-3", "ELB-5", "ASG-7", "RDS-8", "COKO-3"}


def coko_policy(*words: str, directory: Path = ROOT) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(out, err, as_json="--json" in words)
    verb = load("policy")
    arguments = verb_parser("policy", verb).parse_args([*words, "--directory", str(directory)])
    code = caught(lambda: verb.run(arguments, terminal), terminal)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def risky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("stacks")
    (directory / "Pulumi.risky.yaml").write_text(RISKY)
    shutil.copy(ROOT / "Pulumi.dev.yaml", directory)
    return directory


def test_production_is_accepted() -> None:
    code, out, err = coko_policy("--stack", "prod")
    assert (code, err) == (0, "")
    rows = [line for line in out.splitlines() if re.match(r"[A-Z0-9]+-\d+ ", line)]
    assert len(rows) == len(RULES)
    assert re.search(r"^RDS-1 +Databases are encrypted at rest +high +RDS\.3, CIS 2\.2\.1 +1 +pass$", out, re.M)
    assert f"{len(RULES)} rules about" in out.splitlines()[-1]


def test_a_risky_stack_is_refused_with_what_to_mend(risky: Path) -> None:
    code, out, err = coko_policy("--stack", "risky", directory=risky)
    assert code == 3
    assert "rds/instance:Instance coko keeps backups for 1 days\n    fix: coko:database: backup_days: 7 or more" in out
    assert "refused: 6 rules of stack risky failed" in err
    assert "next: mend them, then: coko policy --stack risky" in err


def test_json_says_the_same(risky: Path) -> None:
    code, out, _ = coko_policy("--stack", "risky", "--json", directory=risky)
    answer: dict[str, Any] = json.loads(out)
    assert code == 3
    assert {rule["id"] for rule in answer["rules"] if rule["result"] == "fail"} == REFUSED
    assert (answer["failed"], answer["stack"]) == (len(REFUSED), "risky")
    assert answer["passed"] + answer["failed"] + answer["not_applicable"] == len(RULES)
    finding = next(rule for rule in answer["rules"] if rule["id"] == "RDS-8")["findings"][0]
    assert set(finding) == {"resource", "what", "fix"}
    assert answer["resources"] > 100


def test_controls_that_do_not_exist_are_null() -> None:
    _, out, _ = coko_policy("--rules", "--json")
    controls = {rule["id"]: rule["controls"] for rule in json.loads(out)["rules"]}
    assert controls["NET-2"] is None
    assert controls["RDS-1"] == ["RDS.3", "CIS 2.2.1"]


def test_an_unknown_stack_names_those_that_exist(risky: Path) -> None:
    code, out, err = coko_policy("--stack", "staging", directory=risky)
    assert (code, out) == (2, "")
    assert "the stacks here are dev, risky" in err


def test_settings_that_are_wrong_are_shown_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.odd.yaml").write_text("config:\n  coko:edge: {domain: coko.test}\n  coko:network: {zones: 9}\n")
    code, out, err = coko_policy("--stack", "odd", directory=tmp_path)
    assert (code, out) == (2, "")
    assert "coko:network.zones: 9 is not valid" in err


def test_the_page_lists_the_rules_as_they_are() -> None:
    _, table, _ = coko_policy("--rules")
    page = (ROOT / "docs/policy.md").read_text()
    between = page.split("<!-- rules: coko policy --rules -->\n")[1].split("<!-- /rules -->")[0]
    assert between == table, "put the output of `coko policy --rules` into docs/policy.md"
