"""The command line's grammar: `coko VERB …`, with `--json` and `--stack` understood by every verb."""

from __future__ import annotations

import argparse
import difflib
import os
from typing import TYPE_CHECKING, NoReturn

from pipelines.errors import ExitCode, Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.verbs import Verb

DEFAULT_STACK = "rehearsal"     # a word forgotten at night must not reach production


class Parser(argparse.ArgumentParser):
    """argparse, with its complaints in this repository's form."""

    def error(self, message: str) -> NoReturn:
        raise Failure(f"{self.prog} cannot be run like this", why=message, next=f"{self.prog} --help",
                      exit_code=ExitCode.BAD_INPUT)


def verb_parser(name: str, verb: Verb) -> Parser:
    parser = Parser(prog=f"coko {name}", description=verb.__doc__, add_help=True,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_options(parser)
    verb.configure(parser)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in set(action.choices.values()):
                add_common_options(sub, top=False)
    return parser


def add_common_options(parser: argparse.ArgumentParser, *, top: bool = True) -> None:
    """Before or after a sub-verb alike: a sub-parser must not overwrite what its parent has read."""
    parser.add_argument("--json", action="store_true", default=False if top else argparse.SUPPRESS,
                        help="print JSON on stdout, and nothing else there")
    parser.add_argument("--stack", metavar="NAME", help="the Pulumi stack to act on: $COKO_STACK, else rehearsal",
                        default=os.environ.get("COKO_STACK", DEFAULT_STACK) if top else argparse.SUPPRESS)


def verb_first(words: list[str]) -> list[str]:
    """`coko --json status` means `coko status --json`: what stands before the verb goes behind it."""
    skip = False
    for position, word in enumerate(words):
        if not skip and not word.startswith("-"):
            return [word, *words[:position], *words[position + 1:]]
        skip = word == "--stack"
    return words


def unknown_verb(name: str, verbs: Mapping[str, str]) -> Failure:
    near = difflib.get_close_matches(name, verbs, n=1)
    return Failure(f"there is no verb {name!r}", why="coko knows " + ", ".join(verbs),
                   next=f"coko {near[0]} --help" if near else "coko --help", exit_code=ExitCode.BAD_INPUT)


def overview(verbs: Mapping[str, str]) -> str:
    width = max(map(len, verbs))
    lines = [f"  {name:<{width}}  {summary}" for name, summary in verbs.items()]
    return "\n".join([
        "usage: coko VERB [options]", "", "A three-tier system on EC2: build it, ship to it, rehearse it.", "",
        "verbs:", *lines, "",
        "Every verb takes --json, --stack NAME and --help.",
        "Exit codes: 0 done, 1 failed, 2 bad input, 3 refused, 4 AWS not reachable or not permitted, 130 interrupted.",
    ])
