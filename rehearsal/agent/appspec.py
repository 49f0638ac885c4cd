"""An AppSpec file, read and checked with the official texts; the rest is said with the file and the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Never

from rehearsal.agent import psych, selinux
from rehearsal.agent.acl import Acl
from rehearsal.agent.errors import AgentError, UnreadableAppSpecError
from rehearsal.agent.permissions import ALL, UPDATE, Permission, parse_mode
from rehearsal.agent.psych import Map, Seq
from rehearsal.agent.ruby import BLANKS, given, inspect, integer, text

DEFAULT_TIMEOUT = 3600
TYPES = ["file", "directory"]
BEHAVIORS = ("DISALLOW", "OVERWRITE", "RETAIN")
EMPTY = (
    "The deployment failed because the application specification file was empty. Make sure your AppSpec file defines "
    "at minimum the 'version' and 'os' properties."
)
NO_LOCATION = (
    "The deployment failed because the application specification file specifies a script with no location value. "
    "Specify the location in the hooks section of the AppSpec file, and then try again."
)
BAD_TIMEOUT = (
    "The deployment failed because an invalid timeout value was provided for a script in the application specification "
    "file. Make corrections in the hooks section of the AppSpec file, and then try again."
)
NO_OBJECT = (
    "The deployment failed because a permission listed in the application specification file has no object value. "
    f"{UPDATE}"
)
NO_SOURCE = (
    "The deployment failed because the application specification file specifies a destination file, but no source "
    "file. Update the files section of the AppSpec file, and then try again."
)


@dataclass(frozen=True)
class Script:
    location: str
    timeout: int
    runas: str | None
    sudo: bool


@dataclass(frozen=True)
class FileMap:
    source: object
    destination: object


@dataclass(frozen=True)
class AppSpec:
    hooks: dict[Any, list[Script]]
    files: list[FileMap]
    permissions: list[Permission]
    file_exists_behavior: str | None


def load(path: Path) -> AppSpec:
    return Reader(path).appspec(psych.read(path))


class Reader:
    """Turns the file's values into an AppSpec, in the official agent's order of checks."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def appspec(self, root: Any) -> AppSpec:
        if not given(root):
            raise AgentError(EMPTY)
        self._version(self.get(root, "version"))
        self._os(self.get(root, "os"))
        hooks = self.get(root, "hooks")
        return AppSpec(
            hooks=self._hooks(hooks) if given(hooks) else {},
            files=[self._file(item) for item in self.items(self.get(root, "files"), "files")],
            permissions=[self._permission(p) for p in self.items(self.get(root, "permissions"), "permissions")],
            file_exists_behavior=self._behavior(self.get(root, "file_exists_behavior")),
        )

    def refuse(self, line: int, what: str) -> Never:
        raise UnreadableAppSpecError(f"{self.path} line {line}: {what}")

    def get(self, holder: Any, key: str, line: int = 1) -> Any:
        """A key's value; a text in place of a mapping has the keys that occur in it, as in Ruby."""
        if isinstance(holder, Map):
            return holder.get(key)
        if isinstance(holder, str):
            return key if key in holder else None
        what = f"a mapping with {key!r} is expected, not {inspect(holder)[:80]}"
        return self.refuse(getattr(holder, "line", line), what)

    def items(self, value: Any, what: str) -> list[Any]:
        return [item for _, item in self.lined(value, what)]

    def lined(self, value: Any, what: str, line: int = 1) -> Iterator[tuple[int, Any]]:
        """A list's items with their lines; nothing, and an empty mapping, are empty lists."""
        if not given(value) or (isinstance(value, Map) and not value):
            return
        if not isinstance(value, Seq):
            self.refuse(getattr(value, "line", line), f"{what}: a list is expected, not {inspect(value)[:80]}")
        yield from zip(value.lines, value, strict=True)

    def _version(self, version: Any) -> None:
        if isinstance(version, bool) or not isinstance(version, int | float) or version != 0:
            raise AgentError(
                f"The deployment failed because an invalid version value ({text(version)}) was entered in the "
                'application specification file. Make sure your AppSpec file specifies "0.0" as the version, and then '
                "try again."
            )

    def _os(self, name: Any) -> None:
        if name != "linux" or not isinstance(name, str):
            raise AgentError(
                "The deployment failed because the application specification file specifies an unsupported operating "
                f'system ({text(name)}). Specify either "linux" or "windows" in the os section of the AppSpec file, '
                "and then try again."
            )

    def _behavior(self, value: Any) -> str | None:
        if value is None or value in BEHAVIORS:
            return value  # type: ignore[no-any-return]
        raise AgentError(
            f"The deployment failed because an invalid file_exists_behavior value ({text(value)}) was entered in the "
            f"application specification file. Make sure your AppSpec file specifies one of {','.join(BEHAVIORS)} as "
            "the file_exists_behavior, and then try again."
        )

    def _hooks(self, hooks: Any) -> dict[Any, list[Script]]:
        if not isinstance(hooks, Map):
            self.refuse(getattr(hooks, "line", 1), f"hooks: a mapping is expected, not {inspect(hooks)[:80]}")
        return {
            event: [self._script(script, line) for line, script in self.lined(scripts, text(event), hooks.lines[event])]
            for event, scripts in hooks.items()
        }

    def _script(self, script: Any, line: int) -> Script:
        if not isinstance(script, Map):
            self.refuse(line, f"a script is a mapping with 'location', not {inspect(script)[:80]}")
        location, runas, timeout = script.get("location"), script.get("runas"), script.get("timeout")
        if location is None or not text(location).strip(BLANKS):
            raise AgentError(NO_LOCATION)
        seconds = integer(timeout if given(timeout) else DEFAULT_TIMEOUT)
        if seconds is None:
            self.refuse(script.lines["timeout"], f"timeout: {inspect(timeout)[:80]} is not a number of seconds")
        if seconds <= 0:
            raise AgentError(BAD_TIMEOUT)
        user = None if runas is None else text(runas).strip(BLANKS)
        return Script(text(location).strip(BLANKS), seconds, user, given(script.get("sudo")))

    def _file(self, entry: Any) -> FileMap:
        source, destination = self.get(entry, "source"), self.get(entry, "destination")
        if source is None:
            raise AgentError(NO_SOURCE)
        if destination is None:
            raise AgentError(
                f"The deployment failed because the application specification file specifies only a source file "
                f"({text(source)}). Add the name of the destination file to the files section of the AppSpec file, and "
                "then try again."
            )
        return FileMap(source, destination)

    def _permission(self, entry: Any) -> Permission:
        if not isinstance(entry, Map):
            what = f"a permission is a mapping with 'object', not {inspect(entry)[:80]}"
            self.refuse(getattr(entry, "line", 1), what)
        name = text(entry.get("object")).strip(BLANKS)
        if not name:
            raise AgentError(NO_OBJECT)
        acls, context, pattern = entry.get("acls"), entry.get("context"), entry.get("pattern")
        return Permission(
            path=name,
            pattern=pattern if given(pattern) else ALL,
            exceptions=list(self.items(entry.get("except"), "except")),
            types=self._types(entry),
            owner=entry.get("owner"),
            group=entry.get("group"),
            mode=parse_mode(entry.get("mode")),
            acl=None if acls is None else self._acl(acls, entry),
            context=None if context is None else selinux.parse(context),
        )

    def _types(self, entry: Map) -> list[object]:
        if not given(entry.get("type")):
            return [*TYPES]
        types = self.items(entry["type"], "type")
        for kind in types:
            if kind not in TYPES:
                raise AgentError(
                    "The deployment failed because the application specification filespecifies a permission for an "
                    f"object type not supported for permissions ({text(kind)}). {UPDATE}"
                )
        return types

    def _acl(self, acls: Any, entry: Map) -> Acl:
        entries = list(self.lined(acls, "acls", entry.lines["acls"]))
        for line, ace in entries:
            if not isinstance(ace, str):
                self.refuse(line, f"an entry of acls is a text, not {inspect(ace)[:80]}")
        return Acl([ace for _, ace in entries])
