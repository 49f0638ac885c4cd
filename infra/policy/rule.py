"""What a rule is: one question, asked of every resource of some types, answered with what is wrong and how to mend it.

A rule that found nothing to ask about says `n/a`: silence must never look like a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from infra.policy.recording import Recorded, Recording

Severity = Literal["critical", "high", "medium", "low"]
Result = Literal["pass", "fail", "n/a"]


@dataclass(frozen=True)
class Finding:
    """One resource that breaks one rule."""

    resource: str       # type and name, as Pulumi shows them
    what: str
    fix: str


Findings = Iterator[Finding]


@dataclass(frozen=True)
class Subject:
    """A resource that a rule looks at, in the program that it is part of."""

    resource: Recorded
    program: Recording

    def __getitem__(self, name: str) -> Any:
        return self.resource.inputs.get(name)

    @property
    def name(self) -> str:
        return self.resource.name

    @property
    def id(self) -> Any:
        return self.resource.outputs.get("id")

    @property
    def arn(self) -> Any:
        return self.resource.outputs.get("arn")

    def finding(self, what: str, *, fix: str) -> Finding:
        return Finding(f"{self.resource.type.removeprefix('aws:')} {self.name}", what, fix)

    def others(self, *types: str) -> list[Subject]:
        """Resources of these types in the same program."""
        return [Subject(resource, self.program) for resource in self.program.typed(*types)]

    def first(self, kind: str, **inputs: Any) -> Subject | None:
        """The first resource of a type whose inputs say so: `first(FLOW_LOG, vpcId=vpc.id)`."""
        return next((other for other in self.others(kind)
                     if all(other[name] == value for name, value in inputs.items())), None)


Check = Callable[[Subject], Findings]


def everywhere(subject: Subject) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`controls`: what AWS Security Hub and the CIS benchmark call the same thing; None where they have nothing."""

    id: str
    title: str
    severity: Severity
    controls: tuple[str, ...] | None
    of: tuple[str, ...]
    where: Callable[[Subject], bool]
    production_only: bool
    check: Check

    def applies_to(self, program: Recording) -> bool:
        return program.settings.production or not self.production_only

    def subjects(self, program: Recording) -> list[Subject]:
        if not self.applies_to(program):
            return []
        found = program.typed(*self.of) if self.of else [*program.cloud()]
        return [subject for resource in found if self.where(subject := Subject(resource, program))]

    def ask(self, program: Recording) -> Answer:
        subjects = self.subjects(program)
        return Answer(self, len(subjects), tuple(finding for subject in subjects for finding in self.check(subject)))


@dataclass(frozen=True)
class Answer:
    """What a rule said about one program."""

    rule: Rule
    checked: int
    findings: tuple[Finding, ...]

    @property
    def result(self) -> Result:
        if not self.checked:
            return "n/a"
        return "fail" if self.findings else "pass"


@dataclass(frozen=True)
class Pack:
    """The rules of one service. The decorator is the registry: nothing is found by name or by magic."""

    prefix: str
    rules: list[Rule] = field(default_factory=list)

    def rule(self, number: int, title: str, *, severity: Severity, controls: Sequence[str] | None,
             of: str | tuple[str, ...], where: Callable[[Subject], bool] = everywhere,
             production_only: bool = False) -> Callable[[Check], Check]:
        """`of`: the types that the rule asks about; () is every cloud resource."""
        def register(check: Check) -> Check:
            self.rules.append(Rule(
                id=f"{self.prefix}-{number}", title=title, severity=severity, where=where, check=check,
                controls=tuple(controls) if controls is not None else None, production_only=production_only,
                of=(of,) if isinstance(of, str) else of))
            return check
        return register
