"""The two ways in which a command fails: the agent says why (code 5), or a script did (its own code and log)."""

from __future__ import annotations

from rehearsal.agent.diagnostics import Code, ScriptLog


class AgentError(Exception):
    """A command cannot be carried out; the text is for the person who deploys."""


class UnreadableAppSpecError(AgentError):
    """An AppSpec file is not what it should be; our text, which names the file and the line."""


class UnsafeBundleError(AgentError):
    """A bundle would write outside its directory, or fill the disk; the text names the entry."""


class ScriptError(AgentError):
    """A hook's script is missing, failed, ran out of time, or kept its output open."""

    def __init__(self, code: Code, script_name: str, log: ScriptLog, message: str) -> None:
        super().__init__(message)
        self.code, self.script_name, self.log = code, script_name, log


def explain(error: BaseException) -> str:
    """A failure in a sentence that names the file, also when it comes from the system."""
    if isinstance(error, AgentError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        names = [str(name) for name in (error.filename, error.filename2) if name is not None]
        return " - ".join([error.strerror, *names])
    return f"{type(error).__name__}: {error}"
