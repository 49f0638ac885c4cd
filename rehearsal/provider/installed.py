"""The rehearsal's own Pulumi: a home, a local backend, a passphrase, and this checkout's plugin; all in one directory.

    pulumi/home/plugins/resource-aws-v7.51.1/    a shim that runs this checkout's `rehearsal.provider.plugin`
    pulumi/backend/                              state
    pulumi/passphrase                            a known word: the salt in the stack's file is made for it
    pulumi/project/                              the project's files, with the cloud's address: the checkout's stay
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from rehearsal.provider.project import Project

VERSION = "7.51.1"
# Pulumi writes a salt into a stack's file as soon as it has a passphrase for it. With a known passphrase it can be
# in the repository already, and `pulumi preview` leaves no change behind. It guards nothing that outlives a rehearsal.
PASSPHRASE = "rehearsal"    # noqa: S105


@dataclass(frozen=True)
class Installed:
    """`pulumi`'s surroundings, below the rehearsal's directory."""

    directory: Path

    @property
    def home(self) -> Path:
        return self.directory / "home"

    @property
    def backend(self) -> Path:
        return self.directory / "backend"

    @property
    def passphrase(self) -> Path:
        return self.directory / "passphrase"

    @property
    def project(self) -> Path:
        return self.directory / "project"

    def environment(self, base: Mapping[str, str], endpoint: str) -> dict[str, str]:
        """The user's environment without anything that could lead to an account, a backend or a Pulumi of theirs."""
        kept = {k: v for k, v in base.items() if not k.startswith(("AWS_", "PULUMI_"))}
        tools = str(Path(sys.executable).parent)
        return {
            **kept, "PATH": f"{tools}{os.pathsep}{kept.get('PATH', os.defpath)}",
            "PULUMI_HOME": str(self.home), "PULUMI_BACKEND_URL": self.backend.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.passphrase), "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DEBUG_COMMANDS": "true",      # the event log is behind this, as Pulumi's Automation API has it
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "AWS_ENDPOINT_URL": endpoint, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ACCESS_KEY_ID": "rehearsal", "AWS_SECRET_ACCESS_KEY": "rehearsal",
        }


def install(directory: Path, project: Project, endpoint: str) -> Installed:
    """Everything in place; repeating it changes only what is not as it should be."""
    made = Installed(directory)
    for path in (made.home, made.backend, made.project):
        path.mkdir(parents=True, exist_ok=True)
    _write(made.passphrase, PASSPHRASE)
    _install_plugin(made.home / "plugins" / f"resource-aws-v{VERSION}")
    _mirror(made.project, project, endpoint)
    return made


def _install_plugin(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    root = Path(__file__).resolve().parents[2]
    shim = directory / "pulumi-resource-aws"
    _write(shim, "#!/bin/sh\n# Made by rehearsal/provider/installed.py: this checkout's provider.\n"
                 f"export PYTHONPATH={shlex.quote(str(root))}\n"
                 f"exec {shlex.quote(sys.executable)} -m rehearsal.provider.plugin \"$@\"\n")
    shim.chmod(0o755)


def _mirror(directory: Path, project: Project, endpoint: str) -> None:
    """The project's files with absolute paths, and the stack's with the cloud's address and Pulumi's salt."""
    about = {"name": project.name, "main": str(project.main.resolve()), "runtime": {"name": "python"}}
    _write(directory / "Pulumi.yaml", yaml.safe_dump(about, sort_keys=False))
    path = directory / f"Pulumi.{project.stack}.yaml"
    before = yaml.safe_load(path.read_text()) if path.exists() else {}
    salt = project.salt or before.get("encryptionsalt")
    _write(path, yaml.safe_dump({**({"encryptionsalt": salt} if salt else {}), "config": project.values(endpoint)}))


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
