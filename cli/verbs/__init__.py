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
    "test": "run a tier's own tests",
    "package": "make a tier's bundle: the same content, the same bytes",
    "publish": "put the bundle into the artifact bucket, as a release",
    "deploy": "start the deployment of a release",
    "watch": "follow a deployment to its end; interrupting stops it",
    "stop": "stop a deployment, and have the last good release brought back",
    "rollback": "go back to the last good release, or to a chosen one",
    "status": "show what runs where, and what is not as it should be",
    "history": "show the last deployments, and the DORA figures of them",
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
