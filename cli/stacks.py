"""Which stacks there are, and their settings: read from the Pulumi.<stack>.yaml files, without Pulumi."""

from __future__ import annotations

from pathlib import Path

import yaml

from infra.configuration import from_file
from infra.settings import Settings
from pipelines.errors import ExitCode, Failure


def load_settings(stack: str, directory: Path) -> Settings:
    file = directory / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        raise _unknown(stack, directory)
    try:
        values = from_file(file.read_text())
    except (yaml.YAMLError, ValueError) as error:
        raise Failure(f"{file} is not a Pulumi configuration", why=" ".join(str(error).split()),
                      next=f"mend {file}, then: coko settings --stack {stack}", exit_code=ExitCode.BAD_INPUT) from None
    return Settings.load(stack, values)


def _unknown(stack: str, directory: Path) -> Failure:
    stacks = sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in directory.glob("Pulumi.*.yaml"))
    if not stacks:
        return Failure("there are no stacks here", why=f"{directory.resolve()} has no Pulumi.<stack>.yaml",
                       next="cd to the repository and try again", exit_code=ExitCode.BAD_INPUT)
    return Failure(f"there is no stack {stack!r}", why=f"the stacks here are {', '.join(stacks)}",
                   next=f"coko settings --stack {stacks[0]}", exit_code=ExitCode.BAD_INPUT)
