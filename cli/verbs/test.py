"""`coko test TIER`: the tier's own tests, before anything is packaged. A failed run and an empty one end with 1."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from cli.shipping import tier_argument
from cli.terminal import Terminal
from pipelines import test
from pipelines.errors import ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    tier_argument(parser)


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    done = test.run(arguments.tier)
    terminal.result(asdict(done), f"{done.tier}: {done.tests} tests passed in {done.seconds:.0f} s; {done.report}")
    return ExitCode.DONE
