"""The table of verbs. A verb's module has `configure(parser)` and `run(arguments, terminal) -> ExitCode`.

Only this table is read for `coko --help`: no verb's module is imported, which keeps it instant.
"""

from __future__ import annotations

import importlib
from argparse import ArgumentParser, Namespace
from typing import Protocol, cast

from cli.terminal import Terminal
from pipelines.errors import ExitCode

VERBS: dict[str, str] = {
    "settings": "show a stack's settings, and what is wrong with them",
    "policy": "ask every rule about a stack's program, before anything is built",
    "rehearse": "run the whole system on this machine, without an AWS account",
    "drift": "find what was changed, deleted or added beside the program, and who owns it",
    "completion": "print the shell's completion script",
}


class Verb(Protocol):
    def configure(self, parser: ArgumentParser) -> None: ...

    def run(self, arguments: Namespace, terminal: Terminal) -> ExitCode: ...


def load(name: str) -> Verb:
    return cast(Verb, importlib.import_module(f"cli.verbs.{name}"))
