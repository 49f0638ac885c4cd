"""`coko package TIER`: this checkout's tier as a zip. The same content gives the same bytes, named by their digest."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from cli.shipping import tier_argument
from cli.terminal import Terminal
from pipelines import package
from pipelines.errors import ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    tier_argument(parser)
    parser.add_argument("--wheels", type=Path, metavar="DIR", help="take the WAS's wheels from here, offline")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the zip goes: build/bundles if left out")


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    bundle = package.package(arguments.tier, wheels=arguments.wheels, out=arguments.out, say=terminal.say)
    dirty = "; files differ from that commit" if bundle.dirty else ""
    terminal.result({**asdict(bundle), "key": bundle.key}, "\n".join([
        f"{bundle.tier} {bundle.digest[:12]}  {bundle.size / 1e6:.1f} MB, {bundle.files} files", f"  {bundle.path}",
        f"  commit {bundle.commit[:10]} {bundle.subject}{dirty}", f"next: coko publish {bundle.tier}"]))
    return ExitCode.DONE
