"""`coko`: reads the verb, loads that one module, runs it inside the single catcher."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from cli import arguments as parsing
from cli.catcher import caught
from cli.terminal import Terminal
from cli.verbs import VERBS, load
from pipelines.errors import ExitCode


def main(argv: list[str] | None = None) -> int:
    words = parsing.verb_first(sys.argv[1:] if argv is None else argv)
    signal.signal(signal.SIGTERM, _interrupt)     # Jenkins aborts with it: clean up as after Ctrl-C
    terminal = Terminal.of_process(as_json="--json" in words)
    return caught(lambda: dispatch(words, terminal), terminal)


def dispatch(words: list[str], terminal: Terminal) -> ExitCode:
    name = next((w for w in words if w != "--json"), "--help")
    if name in ("-h", "--help", "help"):
        terminal.result({"verbs": VERBS}, parsing.overview(VERBS))
        return ExitCode.DONE
    if name not in VERBS:
        raise parsing.unknown_verb(name, VERBS)
    verb = load(name)
    try:
        arguments = parsing.verb_parser(name, verb).parse_args(words[1:])
    except SystemExit:      # argparse has printed --help
        return ExitCode.DONE
    return verb.run(arguments, terminal)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
