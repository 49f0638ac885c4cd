"""What a stack looks like from outside: the parameters under /coko/<stack>/, typed.

`infra/contract.py` writes them. Neither imports the other; a test compares them field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar, get_type_hints

from pipelines.errors import ExitCode, Failure

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class TierTarget:
    deployment: str                 # in_place | blue_green
    deployment_group: str
    deployment_config: str
    scaling_groups: str             # one name, or both colours' with a comma between
    target_group: str
    health_path: str
    port: str
    log_group: str
    upstream: str

    @property
    def colours(self) -> list[str]:
        return self.scaling_groups.split(",")


@dataclass(frozen=True, kw_only=True)
class DatabaseTarget:
    host: str
    port: str
    name: str
    secret: str


@dataclass(frozen=True, kw_only=True)
class Target:
    region: str
    site_url: str
    application: str
    artifact_bucket: str
    alarm_topic: str
    dashboard: str
    collector_secret: str
    web: TierTarget
    was: TierTarget
    database: DatabaseTarget

    @classmethod
    def from_parameters(cls, stack: str, parameters: Mapping[str, str]) -> Target:
        """`parameters` by their full names. More than are known is fine: a newer program may publish more."""
        prefix = f"/coko/{stack}/"
        known = {name.removeprefix(prefix): value for name, value in parameters.items() if name.startswith(prefix)}
        missing = sorted(path for path in paths(cls) if path not in known)
        if missing:
            raise _incomplete(stack, missing, found=len(known))
        return _build(cls, known, "")


def paths(kind: type[Any], prefix: str = "") -> list[str]:
    """Every parameter's path below /coko/<stack>/, in the order of the fields."""
    found: list[str] = []
    for name, hint in _hints(kind):
        path = prefix + name.replace("_", "-")
        found += [path] if hint is str else paths(hint, f"{path}/")
    return found


def _build(kind: type[T], known: Mapping[str, str], prefix: str) -> T:
    values: dict[str, Any] = {}
    for name, hint in _hints(kind):
        path = prefix + name.replace("_", "-")
        values[name] = known[path] if hint is str else _build(hint, known, f"{path}/")
    return kind(**values)


def _hints(kind: type[Any]) -> list[tuple[str, type[Any]]]:
    types = get_type_hints(kind)
    return [(field.name, types[field.name]) for field in fields(kind)]


def _incomplete(stack: str, missing: list[str], *, found: int) -> Failure:
    if found == 0:
        return Failure(f"stack {stack!r} is not there", why=f"there are no parameters under /coko/{stack}/",
                       next=f"pulumi up --stack {stack}", exit_code=ExitCode.REFUSED)
    return Failure(f"stack {stack!r} is older than these pipelines", why=f"it does not publish {', '.join(missing)}",
                   next=f"pulumi up --stack {stack}", exit_code=ExitCode.REFUSED)
