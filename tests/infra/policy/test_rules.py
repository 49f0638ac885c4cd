"""The pack as a whole: what its rules map to, and that silence is never a pass."""

from __future__ import annotations

import pytest

from infra.policy import controls
from infra.policy.rule import Rule
from infra.policy.rules import RULES, ask_all
from tests.infra import recorded, recorded_with, values
from tests.infra.policy.draft import Draft


def test_every_control_is_one_that_exists() -> None:
    assert sorted({name for rule in RULES for name in rule.controls or ()} - controls.KNOWN) == []


def test_every_control_of_the_catalogue_is_asked_for() -> None:
    assert sorted(controls.KNOWN - {name for rule in RULES for name in rule.controls or ()}) == []


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.controls], ids=lambda rule: str(rule.id))
def test_a_benchmark_number_stands_beside_its_control(rule: Rule) -> None:
    for name in rule.controls or ():
        assert name not in controls.CIS or controls.CIS[name] in (rule.controls or ())


def test_no_controls_are_none_not_an_empty_list() -> None:
    assert [rule.id for rule in RULES if rule.controls == ()] == []


def test_what_is_not_there_is_not_passed() -> None:
    """Jenkins is off and the firewall too: their rules had nothing to look at, and say so."""
    answers = {answer.rule.id: answer for answer in ask_all(recorded("dev"))}
    for rule in ("EDGE-4", "EDGE-5", "EDGE-6", "EDGE-7", "CD-6"):
        assert (answers[rule].checked, answers[rule].result) == (0, "n/a")


def test_production_rules_do_not_ask_other_stacks() -> None:
    answers = {answer.rule.id: answer for answer in ask_all(recorded("dev"))}
    production = [rule for rule in RULES if rule.production_only]
    assert len(production) >= 10
    assert {answers[rule.id].result for rule in production} == {"n/a"}


def test_an_empty_program_passes_nothing() -> None:
    draft = Draft(recorded("prod"))
    for resource in recorded("prod").resources:
        draft.remove(resource.type, resource.name)
    assert {answer.result for answer in ask_all(draft.program())} == {"n/a"}


def test_an_outage_that_was_asked_for_is_allowed() -> None:
    made = recorded_with("prod", was={**values("prod")["was"], "strategy": "all_at_once"},
                         delivery={"allow_outage": True})
    assert [finding for answer in ask_all(made) for finding in answer.findings] == []


def test_interface_endpoints_pass_as_well() -> None:
    made = recorded_with("prod", network={"zones": 2, "nat": "none", "interface_endpoints": True},
                         was={**values("prod")["was"], "collectors": False})
    assert [finding for answer in ask_all(made) for finding in answer.findings] == []
