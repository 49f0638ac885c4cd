"""The Pulumi project as its files describe it: its name, its program, a stack's configuration."""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import ExitCode, Failure

ROOT = Path(__file__).resolve().parents[2]
CLOUD = "coko:aws"      # the section of a stack's configuration that names another endpoint than AWS's


@dataclass(frozen=True)
class Project:
    root: Path
    stack: str

    @property
    def name(self) -> str:
        return str(self._file("Pulumi.yaml")["name"])

    @property
    def main(self) -> Path:
        return self.root / str(self._file("Pulumi.yaml").get("main", "."))

    @property
    def salt(self) -> str | None:
        """What Pulumi's passphrase goes with, if the stack's file holds it."""
        return self._file(f"Pulumi.{self.stack}.yaml").get("encryptionsalt")

    def values(self, endpoint: str) -> dict[str, Any]:
        """The stack's configuration; only the cloud's address is not the file's."""
        found: dict[str, Any] = dict(self._file(f"Pulumi.{self.stack}.yaml").get("config") or {})
        prefixed = {key if ":" in key else f"{self.name}:{key}": value for key, value in found.items()}
        return {**prefixed, CLOUD: {**(prefixed.get(CLOUD) or {}), "endpoint": endpoint}}

    def config(self, endpoint: str) -> dict[str, str]:
        """As the SDK wants it: every value a string, structures as JSON."""
        return {key: _plain(key, value) for key, value in self.values(endpoint).items()}

    def _file(self, name: str) -> dict[str, Any]:
        path = self.root / name
        try:
            return yaml.safe_load(path.read_text()) or {}
        except FileNotFoundError:
            raise Failure(f"there is no {name}", why=f"{path} does not exist", exit_code=ExitCode.BAD_INPUT,
                          next="run this in the repository; stacks are the Pulumi.*.yaml files there") from None
        except yaml.YAMLError as error:
            raise Failure(f"{name} cannot be read", why=str(error), next=f"correct {path}",
                          exit_code=ExitCode.BAD_INPUT) from error


def _plain(key: str, value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"secure"}:
        raise Failure(f"the setting {key} is encrypted", exit_code=ExitCode.BAD_INPUT,
                      why="the in-process engine holds no passphrase of a stack's file",
                      next="give the rehearsal a plain value of its own in its stack file")
    return value if isinstance(value, str) else json.dumps(value)


def program_failure(project: Project, error: Exception) -> Exception:
    """What the program itself raised: as it is when it explains itself, else with the line that raised it."""
    if all(hasattr(error, word) for word in ("what", "why", "next", "exit_code")):
        return error
    import pulumi
    if isinstance(error, pulumi.RunError):      # the program's own words for what a user can mend
        what, _, why = str(error).partition("\n")
        return Failure(what, why=why or what, next="correct it, then run the same command again",
                       exit_code=ExitCode.BAD_INPUT)
    ours = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(str(project.root))]
    where = f" ({Path(ours[-1].filename).name}, line {ours[-1].lineno})" if ours else ""
    return Failure(f"the program of stack {project.stack!r} failed{where}", why=f"{type(error).__name__}: {error}",
                   next="correct the program, then run the same command again", exit_code=ExitCode.BAD_INPUT)
