"""Plans an installation: which steps, in which order, or why it cannot be done. Nothing is changed here."""

# Paths are texts here: Path would normalize what the rules tell apart.
# ruff: noqa: PTH110, PTH112, PTH116, PTH208

from __future__ import annotations

import json
import os

from rehearsal.agent.appspec import AppSpec
from rehearsal.agent.errors import AgentError
from rehearsal.agent.instructions import ChangeAcl, ChangeContext, ChangeMode, ChangeOwner, Copy, MakeDirectory, Step
from rehearsal.agent.permissions import Permission
from rehearsal.agent.ruby import Symbol, basename, dirname, expand_path, inspect, join

MAX_STEPS = 1_000_000
UPDATE_FILES = "Update the files section of the AppSpec file, and then try again."


class Plan:
    """The steps so far, and what they will install."""

    def __init__(self, file_exists_behavior: str, max_steps: int = MAX_STEPS) -> None:
        self.file_exists_behavior = file_exists_behavior
        self.max_steps = max_steps
        self.steps: list[Step] = []
        self.copies: dict[str, str] = {}
        self.directories: dict[str, None] = {}
        self.permitted: set[str] = set()
        self.installed: set[str] = set()

    def as_json(self) -> str:
        return json.dumps({"instructions": [step.shown() for step in self.steps]})

    def add_file(self, source: str, destination: str) -> None:
        """What is there already is decided on now, not when it is copied."""
        if os.path.exists(destination):
            if self.file_exists_behavior == "RETAIN":
                return
            if self.file_exists_behavior == "DISALLOW":
                raise AgentError(
                    f"The deployment failed because a specified file already exists at this location: {destination}"
                )
            if self.file_exists_behavior != "OVERWRITE":
                raise AgentError(
                    "The deployment failed because an invalid option was specified for fileExistsBehavior: "
                    f"{self.file_exists_behavior}. Valid options include OVERWRITE, RETAIN, and DISALLOW."
                )
        self._copy(source, self._target(destination))

    def _copy(self, source: str, target: str) -> None:
        if target in self.copies:
            raise AgentError(
                "The deployment failed because the application specification file specifies two source files named "
                f"{source} and {self.copies[target]} for the same destination ({target}). Remove one of the source "
                "file paths from the AppSpec file, and then try again."
            )
        if target in self.directories:
            raise AgentError(
                "The deployment failed because the application specification file calls for installing the file "
                f"{source}, but a file with that name already exists at the location ({target}). Update your AppSpec "
                "file or directory structure, and then try again."
            )
        self.copies[target] = source
        self.installed.add(os.path.realpath(target))
        self._step(Copy(source, target))

    def add_directory(self, path: str) -> None:
        target = self._target(path)
        if target in self.copies:
            raise AgentError(
                "The deployment failed because the application specification file includes an mkdir command more than "
                f"once for the same destination path ({target}) from ({self.copies[target]}). {UPDATE_FILES}"
            )
        if target not in self.directories:
            self.directories[target] = None
            self.installed.add(os.path.realpath(target))
            self._step(MakeDirectory(target))

    def add_missing_parents(self, path: str) -> None:
        missing = []
        parent = dirname(path)
        while not os.path.exists(parent) and parent not in (".", "/"):
            missing.append(parent)
            parent = dirname(parent)
        for directory in reversed(missing):
            self.add_directory(directory)

    def permit(self, path: str, permission: Permission) -> None:
        target = expand_path(path)
        if target in self.permitted:
            raise AgentError(
                f"The deployment failed because the permissions setting for ({target}) is specified more than once in "
                f"the application specification file. {UPDATE_FILES}"
            )
        self.permitted.add(target)
        if permission.mode is not None:
            self._step(ChangeMode(target, permission.mode, self.installed))
        if permission.acl is not None:
            self._step(ChangeAcl(target, permission.acl, self.installed))
        if permission.context is not None:
            self._step(ChangeContext(target, permission.context, self.installed))
        if permission.owner is not None or permission.group is not None:
            self._step(ChangeOwner(target, permission.owner, permission.group, self.installed))

    def _target(self, path: str) -> str:
        if "\n" in path or "\0" in path:
            raise AgentError(f"The path {path!r} has a line break: it cannot be cleaned up. Rename it, deploy again.")
        return expand_path(path)

    def _step(self, step: Step) -> None:
        if len(self.steps) >= self.max_steps:
            raise AgentError(f"The revision needs more than {self.max_steps} steps. Make it smaller, and deploy again.")
        self.steps.append(step)


def make(appspec: AppSpec, archive: str, file_exists_behavior: str, max_steps: int = MAX_STEPS) -> Plan:
    plan = Plan(appspec.file_exists_behavior or file_exists_behavior, max_steps)
    for entry in appspec.files:
        _add_source(plan, archive, _path(entry.source, "source"), _path(entry.destination, "destination"))
    for permission in appspec.permissions:
        _add_permission(plan, permission)
    return plan


def _path(value: object, what: str) -> str:
    if not isinstance(value, str) or isinstance(value, Symbol) or "\0" in value:
        where = "in the files section of the AppSpec file"
        raise AgentError(f"the {what} {inspect(value)} {where} is not a path. {UPDATE_FILES}")
    return value


def _add_source(plan: Plan, archive: str, source: str, destination: str) -> None:
    """A directory's contents go into the destination; a file keeps its name there."""
    path = join(archive, source)
    if os.path.isdir(path):
        plan.add_missing_parents(destination)
        _add_tree(plan, path, destination, ())
    else:
        target = join(destination, basename(path))
        plan.add_missing_parents(target)
        plan.add_file(path, target)


def _add_tree(plan: Plan, source: str, destination: str, above: tuple[tuple[int, int], ...]) -> None:
    """Links to directories are followed, so one could lead back to where it is."""
    found = os.stat(source)
    here = (found.st_dev, found.st_ino)
    if here in above:
        raise AgentError(f"The link {source} leads back to a directory that it is in. Remove it, and deploy again.")
    if not os.path.isdir(destination):
        plan.add_directory(destination)
    for name in sorted(os.listdir(source)):
        path, target = join(source, name), join(destination, name)
        if os.path.isdir(path):
            _add_tree(plan, path, target, (*above, here))
        else:
            plan.add_file(path, target)


def _add_permission(plan: Plan, permission: Permission) -> None:
    """Only what this deployment installs gets permissions; what is named but not installed is passed over."""
    named = expand_path(permission.path)
    if named in plan.copies:
        if "file" in permission.types:
            permission.check_file()
            permission.check_acl()
            plan.permit(named, permission)
        return
    if named in plan.directories or os.path.isdir(permission.path):
        for path in _matches(plan, permission):
            plan.permit(path, permission)


def _matches(plan: Plan, permission: Permission) -> list[str]:
    files = [path for path in plan.copies if "file" in permission.types and permission.covers(path)]
    if files:
        permission.check_acl()
    directories = plan.directories if "directory" in permission.types else ()
    return files + [path for path in directories if permission.covers(path)]
