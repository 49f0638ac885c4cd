"""Every rule is seen to fail: the recorded program is broken in one place, and exactly that rule notices."""

from __future__ import annotations

from collections import Counter

import pytest

from infra.policy.rules import RULES, ask_all
from tests.infra import STACKS, recorded
from tests.infra.policy.draft import Mutation
from tests.infra.policy.mutations import MUTATIONS

NAMED = {rule.id for rule in RULES}


def label(mutation: Mutation) -> str:
    earlier = MUTATIONS[: MUTATIONS.index(mutation)]
    return f"{mutation.rule}.{1 + sum(other.rule == mutation.rule for other in earlier)}"


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_passes(stack: str) -> None:
    answers = ask_all(recorded(stack))
    assert [finding for answer in answers for finding in answer.findings] == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=label)
def test_one_mistake_fails_one_rule(mutation: Mutation) -> None:
    answers = {answer.rule.id: answer for answer in ask_all(mutation.applied_to(recorded("prod")))}
    failed = {rule for rule, answer in answers.items() if answer.result == "fail"}
    assert failed == {mutation.rule} | mutation.also
    assert all(finding.what and finding.fix for finding in answers[mutation.rule].findings)


def test_every_rule_has_a_mistake_that_it_alone_notices() -> None:
    assert {mutation.rule for mutation in MUTATIONS if not mutation.also} == NAMED


def test_every_rule_is_asked_on_the_production_stack() -> None:
    """A rule that never finds anything to ask about is not a rule."""
    assert [answer.rule.id for answer in ask_all(recorded("prod")) if answer.result == "n/a"] == []


def test_no_id_is_given_twice() -> None:
    assert [rule for rule, count in Counter(rule.id for rule in RULES).items() if count > 1] == []
    assert len({rule.title for rule in RULES}) == len(RULES) >= 60


def test_mutations_leave_the_recording_as_it_was() -> None:
    before = repr(recorded("prod").resources)
    for mutation in MUTATIONS:
        mutation.applied_to(recorded("prod"))
    assert repr(recorded("prod").resources) == before
