"""The life of one resource, told through the provider: made, found the same, changed, found changed, gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.provider.kinds import KINDS
from rehearsal.provider.provider import Provider
from rehearsal.provider.values import Props


@dataclass
class Life:
    """A resource made for a test."""

    provider: Provider
    token: str
    inputs: Props
    id: str
    outputs: Props

    @classmethod
    def begin(cls, provider: Provider, token: str, logical: str = "life", /, **inputs: Any) -> Life:
        full, problems = provider.check(token, logical, {}, inputs)
        assert problems == []
        made = provider.create(token, logical, full)
        assert made.outputs is not None
        life = cls(provider, token, full, made.id, made.outputs)
        life.must_be_as_recorded()
        return life

    def change(self, **inputs: Any) -> Life:
        """In place: a replacement is not meant."""
        given = {name: value for name, value in {**self.inputs, **inputs}.items() if value is not None and name not in (
            "tagsAll", *self.inputs.get("__defaults", []))}
        news, problems = self.provider.check(self.token, "life", self.inputs, given)
        assert problems == []
        diff = self.provider.diff(self.token, self.id, self.inputs, news)
        assert diff.changes
        assert diff.replaces == ()
        self.outputs = self.provider.update(self.token, "life", self.id, self.inputs, self.outputs, news)
        self.inputs = news
        self.must_be_as_recorded()
        return self

    def replaced_by(self, **inputs: Any) -> tuple[str, ...]:
        """Which properties force a new one."""
        news, _ = self.provider.check(self.token, "life", self.inputs, {**self.inputs, **inputs})
        return self.provider.diff(self.token, self.id, self.inputs, news).replaces

    def must_be_as_recorded(self) -> None:
        found = self.provider.read(self.token, "life", self.id, self.inputs, self.outputs)
        assert found is not None, f"{self.token} is not found again"
        assert found == (self.inputs, self.outputs)

    def end(self) -> None:
        properties = {**self.outputs, **self.inputs}
        self.provider.delete(self.token, "life", self.id, properties)
        assert self.provider.read(self.token, "life", self.id, self.inputs, self.outputs) is None\
            or self.token in KINDS_THAT_STAY
        self.provider.delete(self.token, "life", self.id, properties)      # again: what is gone is gone


# What an account is born with is adopted, and let go of; a bucket always has versioning, a topic a policy.
KINDS_THAT_STAY = {"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "aws:s3/bucketVersioning:BucketVersioning",
                   "aws:sns/topicPolicy:TopicPolicy", "aws:acm/certificateValidation:CertificateValidation"}
assert set(KINDS) >= KINDS_THAT_STAY
