"""`coko settings`: a stack's settings as the program will see them, every default filled in, every problem named."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from cli.stacks import load_settings
from cli.terminal import Terminal
from pipelines.errors import ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--directory", type=Path, default=Path(), metavar="DIR",
                        help="where the Pulumi.<stack>.yaml files are (default: here)")


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    settings = asdict(load_settings(arguments.stack, arguments.directory))
    terminal.result(settings, yaml.safe_dump(_plain(settings), sort_keys=False, allow_unicode=True).rstrip())
    return ExitCode.DONE


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
