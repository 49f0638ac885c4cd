"""One entry of an AppSpec's permissions: which of the installed objects it is for, and what it sets on them."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.agent.acl import Acl
from rehearsal.agent.errors import AgentError
from rehearsal.agent.ruby import expand_path, inspect, text
from rehearsal.agent.selinux import Context

ALL = "**"
UPDATE = "Update the permissions section of the AppSpec file, and then try again."


@dataclass(frozen=True)
class Permission:
    path: str
    pattern: object
    exceptions: list[object]
    types: list[object]
    owner: object
    group: object
    mode: str | None
    acl: Acl | None
    context: Context | None

    def covers(self, path: str) -> bool:
        """Whether a path below the object matches the pattern and none of the exceptions."""
        base = expand_path(self.path).rstrip("/") + "/"
        if not path.startswith(base):
            return False
        name = path.removeprefix(base)
        if self.pattern != ALL and not matches(name, self.pattern):
            return False
        return not any(matches(name, item) for item in self.exceptions)

    def check_file(self) -> None:
        """A pattern and exceptions are for directories only."""
        if self.pattern != ALL:
            raise AgentError(
                f"The deployment failed because the application specification file includes an object ({self.path}) "
                f"with an invalid pattern ({text(self.pattern)}), such as a pattern for a file applied to a directory. "
                "Correct the permissions section of the AppSpec file, and then try again."
            )
        if self.exceptions:
            raise AgentError(
                "The deployment failed because the except parameter for a pattern in the permissions section "
                f"({inspect(self.exceptions)}) for the object named {self.path} contains an invalid format. "
                "Update the AppSpec file, and then try again."
            )

    def check_acl(self) -> None:
        if self.acl and self.acl.has_default():
            raise AgentError(
                "The deployment failed because the -d parameter has been specified to apply an acl setting to a file. "
                "This parameter is supported for directories only. Update the AppSpec file, and then try again."
            )


def matches(name: str, pattern: object) -> bool:
    """A simple glob: `*` stands for any characters, and nothing matches below the object's immediate children."""
    if not isinstance(pattern, str):
        raise AgentError(f"a pattern in the permissions section is not a text: {inspect(pattern)}. {UPDATE}")
    return "/" not in name and _glob(name, pattern)


def _glob(name: str, pattern: str) -> bool:
    """Greedy with one step back: linear in practice, whatever the pattern."""
    at = here = mark = 0
    star = -1
    while at < len(name):
        if here < len(pattern) and pattern[here] == "*":
            star, mark, here = here, at, here + 1
        elif here < len(pattern) and pattern[here] == name[at]:
            at, here = at + 1, here + 1
        elif star >= 0:
            mark += 1
            at, here = mark, star + 1
        else:
            return False
    return not pattern[here:].strip("*")


def parse_mode(value: object) -> str | None:
    """One to four octal digits of the value that YAML gave: an unquoted 0644 is 420 by then."""
    if value is None:
        return None
    mode = text(value).rjust(3, "0")
    if len(mode) > 4:
        raise AgentError(
            f"The deployment failed because the length of a permissions mode ({mode}) in the application specification "
            f"file is invalid. Permissions modes must be between one and four characters long. {UPDATE}"
        )
    for char in mode:
        if not "0" <= char <= "7":
            raise AgentError(
                f"The deployment failed because the permissions mode ({mode}) in the application specification file "
                f"contains an invalid character ({char}). {UPDATE}"
            )
    return mode
