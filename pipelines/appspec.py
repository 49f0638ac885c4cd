"""What is wrong with a bundle's appspec.yml and hooks, found before a host finds it. Pure but for reading files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

NAME = "appspec.yml"
EVENTS = ("ApplicationStop", "BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService",
          "BeforeBlockTraffic", "AfterBlockTraffic", "BeforeAllowTraffic", "AfterAllowTraffic")
LONGEST = 3600      # seconds that the service gives one lifecycle event


@dataclass(frozen=True)
class Hook:
    event: str
    location: str
    timeout: int | None


@dataclass(frozen=True)
class Finding:
    """What is wrong, and how it is mended."""

    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.fix}"


def limits(hooks: tuple[Hook, ...]) -> dict[str, int]:
    """How long each event may take."""
    found: dict[str, int] = {}
    for hook in hooks:
        found[hook.event] = found.get(hook.event, 0) + (hook.timeout or LONGEST)
    return found


def hooks(text: str) -> tuple[Hook, ...]:
    document = yaml.safe_load(text)
    named = document.get("hooks") or {} if isinstance(document, dict) else {}
    return tuple(Hook(str(event), str(script.get("location", "")).strip(), _seconds(script.get("timeout")))
                 for event, scripts in named.items() for script in scripts or [] if isinstance(script, dict))


def _seconds(given: Any) -> int | None:
    return int(given) if str(given).isdigit() else None


def findings(root: Path) -> list[Finding]:
    """Of the tree that holds appspec.yml and the scripts it names; none means that the agent can use it."""
    text = _text(root)
    if isinstance(text, Finding):
        return [text]
    try:
        document = yaml.safe_load(text)
        found = hooks(text)
    except (yaml.YAMLError, AttributeError, TypeError) as error:
        return [Finding(NAME, f"is not YAML as the agent reads it: {' '.join(str(error).split())[:200]}", "mend it")]
    if not isinstance(document, dict):
        return [Finding(NAME, "holds no mapping", "start it with `version: 0.0`")]
    return [*_head(document), *(each for hook in found for each in _hook(root, hook)), *_sums(found)]


def _text(root: Path) -> str | Finding:
    names = {path.name for path in root.iterdir()} if root.is_dir() else set()
    alike = sorted(name for name in names if name.lower() in (NAME, "appspec.yaml") and name != NAME)
    if NAME not in names:
        what = f"is called {alike[0]}, which the agent does not look for" if alike else "is missing"
        return Finding(NAME, what, f"git mv {alike[0]} {NAME}" if alike else f"bring {NAME} back")
    raw = (root / NAME).read_bytes()
    if raw.startswith(b"\xef\xbb\xbf"):
        return Finding(NAME, "begins with a byte order mark, which breaks its first key", "save it without one")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return Finding(NAME, "is not UTF-8", "save it as UTF-8")


def _head(document: Mapping[Any, Any]) -> Iterator[Finding]:
    if document.get("version") != 0.0 or isinstance(document.get("version"), bool):
        yield Finding(NAME, f"version is {document.get('version')!r}", "write `version: 0.0`")
    if document.get("os") != "linux":
        yield Finding(NAME, f"os is {document.get('os')!r}", "write `os: linux`")
    for event in document.get("hooks") or {}:
        if event not in EVENTS:
            yield Finding(NAME, f"has no event {event!r}: it would never run", f"use one of {', '.join(EVENTS)}")


def _hook(root: Path, hook: Hook) -> Iterator[Finding]:
    where = f"{NAME} {hook.event}"
    if hook.timeout is None:
        yield Finding(where, "has no timeout: a hook that hangs holds the deployment for an hour", "`timeout: 120`")
    elif not 0 < hook.timeout <= LONGEST:
        yield Finding(where, f"has a timeout of {hook.timeout} s", f"the service ends an event after {LONGEST} s")
    path = root / hook.location
    if not hook.location or not path.is_file():
        yield Finding(where, f"names {hook.location or 'no script'}, which is not there", "mend `location`")
        return
    content = path.read_bytes()
    if b"\r\n" in content:
        fix = f"sed -i 's/\\r$//' {hook.location}"
        yield Finding(hook.location, "has Windows line ends: there is no `bash\\r`", fix)
    if not content.startswith(b"#!"):
        yield Finding(hook.location, "has no first line with `#!`", "start it with #!/usr/bin/env bash")


def _sums(found: tuple[Hook, ...]) -> Iterator[Finding]:
    for event, total in limits(found).items():
        if total > LONGEST and all(each.timeout and each.timeout <= LONGEST for each in found if each.event == event):
            yield Finding(f"{NAME} {event}", f"its scripts may take {total} s", f"the event is ended after {LONGEST} s")
