"""`coko completion SHELL`: verbs, sub-verbs and options on the Tab key.

The scripts ask `coko completion --words VERB…` for what may follow, so that they never go stale.
"""

from __future__ import annotations

import argparse

from cli import arguments as parsing
from cli.terminal import Terminal
from cli.verbs import VERBS, load
from pipelines.errors import ExitCode

SCRIPTS = {
    "bash": """_coko() {
  local word=${COMP_WORDS[COMP_CWORD]}
  local -a before=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
  mapfile -t COMPREPLY < <(compgen -W "$(coko completion --words "${before[@]}" 2>/dev/null)" -- "$word")
}
complete -o default -F _coko coko""",
    "zsh": """#compdef coko
_coko() { compadd -- $(coko completion --words ${words[2,CURRENT-1]} 2>/dev/null) }
compdef _coko coko""",
    "fish": "complete -c coko -f -a '(coko completion --words (commandline -opc)[2..-1] 2>/dev/null)'",
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", nargs="?", choices=[*SCRIPTS], default="bash", help="bash, zsh or fish")
    parser.add_argument("--words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace, terminal: Terminal) -> ExitCode:
    if arguments.words is not None:
        terminal.result({"words": candidates(arguments.words)}, "\n".join(candidates(arguments.words)))
    else:
        script = SCRIPTS[arguments.shell]
        terminal.result({"shell": arguments.shell, "script": script}, script)
    return ExitCode.DONE


def candidates(typed: list[str]) -> list[str]:
    """What may follow the words typed so far: verbs, then that verb's sub-verbs and options."""
    words = [word for word in typed if not word.startswith("-")]
    if not words or words[0] not in VERBS:
        return sorted(VERBS)
    parser: argparse.ArgumentParser = parsing.verb_parser(words[0], load(words[0]))
    for word in words[1:]:
        parser = _subparsers(parser).get(word, parser)
    return sorted({*_subparsers(parser), *_options(parser)})


def _options(parser: argparse.ArgumentParser) -> list[str]:
    actions = parser._actions      # argparse has no public way to list them
    return [o for a in actions for o in a.option_strings if o.startswith("--") and a.help != argparse.SUPPRESS]


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}
