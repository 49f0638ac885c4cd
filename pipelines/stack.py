"""Which stack a stage works on: its name, the contract it published, and a tier of it."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.door import Call, Door
from pipelines.errors import ExitCode, Failure
from pipelines.target import Target, TierTarget

TIERS = ("web", "was")


@dataclass(frozen=True)
class Tier:
    """One tier of one stack, as the pipelines know it."""

    stack: str
    name: str
    application: str
    bucket: str
    target: TierTarget

    @property
    def group(self) -> str:
        return self.target.deployment_group

    @property
    def blue_green(self) -> bool:
        return self.target.deployment == "blue_green"

    @property
    def record(self) -> str:
        """The parameter in which its good releases are written down."""
        return f"/coko/{self.stack}/releases/{self.name}"


def contract(stack: str) -> Call:
    return Call("ssm", "get_parameters_by_path", {"Path": f"/coko/{stack}/", "Recursive": True})


def load(door: Door, stack: str) -> Target:
    found = door.pages(contract(stack), "Parameters")
    return Target.from_parameters(stack, {each["Name"]: each["Value"] for each in found})


def tier(door: Door, stack: str, name: str) -> Tier:
    if name not in TIERS:
        raise Failure(f"there is no tier {name!r}", why="a stack has the tiers web and was", next="coko status",
                      exit_code=ExitCode.BAD_INPUT)
    return tier_of(load(door, stack), stack, name)


def tier_of(target: Target, stack: str, name: str) -> Tier:
    own = target.web if name == "web" else target.was
    return Tier(stack, name, target.application, target.artifact_bucket, own)
