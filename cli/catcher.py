"""The single catcher: turns what went wrong into words and an exit code. No user ever meets a traceback."""

from __future__ import annotations

import json
import os
import tempfile
import traceback
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from cli.terminal import Terminal
from pipelines.errors import ExitCode


@runtime_checkable
class Explained(Protocol):
    """Any exception that can say what, why and next; `infra` has its own, for it may not import `pipelines`."""

    what: str
    why: str
    next: str
    exit_code: int


def caught(action: Callable[[], ExitCode], terminal: Terminal) -> int:
    try:
        return int(action())
    except KeyboardInterrupt:
        return show(terminal, "interrupted", "Ctrl-C or SIGTERM", "the same command again", ExitCode.INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)    # `coko … | head` is no error; Python's own flush at exit is
        return int(ExitCode.DONE)
    except Exception as error:
        if isinstance(error, Explained):
            return show(terminal, error.what, error.why, error.next, ExitCode(error.exit_code))
        return show(terminal, f"coko has a bug: {type(error).__name__}: {error}", f"the details are in {report(error)}",
                    "the same command again; if it recurs, open an issue with that file", ExitCode.FAILED)


def show(terminal: Terminal, what: str, why: str, next_command: str, code: ExitCode) -> int:
    if terminal.as_json:
        words = {"what": what, "why": why, "next": next_command, "exit_code": int(code)}
        print(json.dumps({"error": words}, ensure_ascii=False), file=terminal.out, flush=True)
    why_lines = why.replace("\n", "\n        ")
    headline = terminal.style(f"error: {what}", "red", terminal.err)
    terminal.say(f"{headline}\n  why:  {why_lines}\n  next: {next_command}")
    return int(code)


def report(error: Exception) -> str:
    """For the bug's finder: the traceback in a file of its own, not on the screen of somebody on call."""
    with tempfile.NamedTemporaryFile("w", prefix="coko-bug-", suffix=".txt", delete=False) as file:
        file.write("".join(traceback.format_exception(error)))
    return file.name
